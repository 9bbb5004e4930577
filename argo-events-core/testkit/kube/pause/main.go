// Pause holds the namespaces of a pod, and does nothing until it is asked to end.
package main

import (
	"context"
	"os/signal"
	"syscall"
)

func main() {
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	<-ended.Done()
}
