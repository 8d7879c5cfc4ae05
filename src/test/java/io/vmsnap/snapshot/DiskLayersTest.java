package io.vmsnap.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.DiskException;
import io.vmsnap.hypervisor.DiskAttachment;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.vmdir.VmDirectory;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiskLayersTest {
  @Test
  void chainsAreToldBaseFirst() throws Exception {
    MemoryStorage storage = new MemoryStorage();
    TestMachine.prepare(storage, 2);
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-1");

    List<DiskAttachment> disks = DiskLayers.of(VmDirectory.open(storage));

    assertThat(disks).extracting(DiskAttachment::id).containsExactly("scsi0:0", "scsi0:1");
    assertThat(disks).extracting(DiskAttachment::serial).containsExactly("disk0", "disk1");
    List<DiskLayer> layers = disks.getFirst().layers();
    assertThat(layers).extracting(DiskLayer::nodeName).containsExactly("n-web", "n-web-000001");
    assertThat(layers.getFirst().isBase()).isTrue();
    assertThat(layers.getFirst().extent().getFileName()).hasToString("web-flat.vmdk");
    assertThat(layers.getLast().index().getFileName()).hasToString("web-000001.idx");
    assertThat(layers.getLast().dataOffset()).isPositive();
    assertThat(layers.getLast().capacityBytes()).isEqualTo(TestMachine.CAPACITY);
  }

  @Test
  void damagedHeaderOfADeltaIsRefused() throws Exception {
    MemoryStorage storage = new MemoryStorage();
    TestMachine.prepare(storage, 1);
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-1");
    storage.with("web-000001-delta.vmdk", new byte[4096]);

    assertThatThrownBy(() -> DiskLayers.of(VmDirectory.open(storage)))
        .isInstanceOf(DiskException.class)
        .hasMessageStartingWith("web-000001-delta.vmdk: ");
  }
}
