package io.vmsnap.harness.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopbackPortsTest {
  @Test
  void areDistinctFreeAndBelowTheRangeOfOutgoingConnections() throws IOException {
    List<Integer> ports = LoopbackPorts.free(20);

    assertThat(ports).hasSize(20).doesNotHaveDuplicates().allMatch(p -> p >= 1024 && p < 32_768);
    try (ServerSocket taken =
        new ServerSocket(ports.getFirst(), 1, InetAddress.getLoopbackAddress())) {
      assertThat(taken.isBound()).isTrue();
    }
  }
}
