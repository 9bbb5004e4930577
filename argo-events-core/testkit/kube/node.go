//go:build node

package main

import (
	"github.com/spf13/cobra"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func init() {
	commands["kubelet"] = func() *cobra.Command { return kubelet.NewKubeletCommand() }
	commands["kube-proxy"] = proxy.NewProxyCommand
}
