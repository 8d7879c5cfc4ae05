package io.vmsnap.hypervisor.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.AttachedDisk;
import java.util.List;
import org.junit.jupiter.api.Test;

class BlockGraphTest {
  @Test
  void followsBackingEdgesFromEachDevice() throws Exception {
    String answer =
        """
        {"nodes":[
           {"id":1,"type":"block-backend","name":"/machine/peripheral/scsi0-0/virtio-backend"},
           {"id":2,"type":"block-driver","name":"n-web-000001"},
           {"id":3,"type":"block-driver","name":"n-web"},
           {"id":4,"type":"block-driver","name":"#block101"},
           {"id":5,"type":"block-backend","name":"/machine/peripheral/scsi0-1/virtio-backend"},
           {"id":6,"type":"block-driver","name":"n-web_1"},
           {"id":7,"type":"block-driver","name":"n-unused"}],
         "edges":[
           {"parent":1,"child":2,"name":"root"},
           {"parent":2,"child":4,"name":"data-file"},
           {"parent":2,"child":3,"name":"backing"},
           {"parent":5,"child":6,"name":"root"}]}
        """;

    BlockGraph graph = BlockGraph.parse(QmpMessage.JSON.readTree(answer));

    assertThat(graph.disks())
        .containsExactly(
            new AttachedDisk("scsi0:0", List.of("n-web", "n-web-000001")),
            new AttachedDisk("scsi0:1", List.of("n-web_1")));
    assertThat(graph.nodes()).contains("n-unused", "#block101");
  }

  @Test
  void aGraphThatPointsNowhereIsRefused() throws Exception {
    String answer = "{\"nodes\":[],\"edges\":[{\"parent\":1,\"child\":2,\"name\":\"root\"}]}";
    assertThatThrownBy(() -> BlockGraph.parse(QmpMessage.JSON.readTree(answer)))
        .isInstanceOf(QmpProtocolException.class)
        .hasMessageContaining("unknown node 2");
  }

  @Test
  void aGraphWithACycleEnds() throws Exception {
    String answer =
        """
        {"nodes":[{"id":1,"type":"block-backend","name":"/machine/peripheral/scsi0-0"},
                  {"id":2,"type":"block-driver","name":"a"}],
         "edges":[{"parent":1,"child":2,"name":"root"},{"parent":2,"child":2,"name":"backing"}]}
        """;
    assertThat(BlockGraph.parse(QmpMessage.JSON.readTree(answer)).disks())
        .containsExactly(new AttachedDisk("scsi0:0", List.of("a")));
  }
}
