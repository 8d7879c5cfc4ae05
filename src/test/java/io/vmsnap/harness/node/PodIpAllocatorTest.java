package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PodIpAllocatorTest {
  private final PodIpAllocator allocator = new PodIpAllocator("127.77.3.");

  @Test
  void givesEachAddressOnceAndThenNone() {
    Set<String> given = new HashSet<>();
    for (int i = PodIpAllocator.FIRST; i <= PodIpAllocator.LAST; i++) {
      given.add(allocator.allocate().orElseThrow());
    }
    assertThat(given).hasSize(253).contains("127.77.3.2", "127.77.3.254");
    assertThat(allocator.allocate()).isEmpty();
  }

  @Test
  void reusesAnAddressAsLateAsPossible() {
    String first = allocator.allocate().orElseThrow();
    allocator.release(first);
    assertThat(allocator.allocate()).contains("127.77.3.3").isNotEqualTo(first);
    for (int i = 4; i <= PodIpAllocator.LAST; i++) {
      allocator.allocate();
    }
    assertThat(allocator.allocate()).contains(first);
  }

  @Test
  void foreignAddressesAreIgnored() {
    allocator.release("10.0.0.2");
    assertThat(allocator.allocate()).contains("127.77.3.2");
  }

  @Test
  void nodesOfOneMachineGetSubnetsOfTheirOwn() throws Exception {
    try (NodeAddress one = NodeAddress.claim(Path.of("/some/node"));
        NodeAddress other = NodeAddress.claim(Path.of("/some/node"))) {
      assertThat(one.prefix()).isNotEqualTo(other.prefix()).startsWith("127.");
      assertThat(InetAddress.getByName(one.prefix() + "1").isLoopbackAddress()).isTrue();
    }
  }

  @Test
  void aRestartedNodeGetsItsOldSubnet() throws Exception {
    String before;
    try (NodeAddress one = NodeAddress.claim(Path.of("/some/restarted/node"))) {
      before = one.prefix();
    }
    try (NodeAddress again = NodeAddress.claim(Path.of("/some/restarted/node"))) {
      assertThat(again.prefix()).isEqualTo(before);
    }
  }
}
