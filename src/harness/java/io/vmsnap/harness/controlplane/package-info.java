/**
 * A real Kubernetes control plane on this machine: {@code etcd}, {@code kube-apiserver} and {@code
 * kube-controller-manager} as child processes bound to 127.0.0.1, for people without a cluster and
 * for the tests. It never ships.
 */
package io.vmsnap.harness.controlplane;
