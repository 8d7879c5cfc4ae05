package io.vmsnap.harness.node;

import io.fabric8.kubernetes.client.KubernetesClient;

/**
 * What all parts of one node share.
 *
 * @param id unique among the nodes of this machine; every process of a container carries it
 * @param hostIp what pods see as {@code status.hostIP}
 * @param connection whether the node can reach the API server, as far as tests let it
 */
record NodeContext(
    NodeConfig config,
    KubernetesClient client,
    String id,
    String hostIp,
    PodIpAllocator addresses,
    NodeEvents events,
    NodeConnection connection) {}
