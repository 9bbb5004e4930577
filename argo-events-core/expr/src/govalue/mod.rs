//! Values as a Go program holds them behind `interface{}`: what templates, sprig and expressions work on.
