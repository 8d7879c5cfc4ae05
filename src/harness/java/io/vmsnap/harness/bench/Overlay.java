package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.disk.vmdk.CowdHeader;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Ways in which QEMU can write over a base that must not change. */
enum Overlay {
  /** vmsnap: qcow2 index with subclusters over the extent of a vmfsSparse delta. */
  DELTA("vmsnap delta", Integer.MAX_VALUE) {
    @Override
    String create(Path directory, LocalStorage storage, BaseDisk base) throws IOException {
      DeltaDisk delta = freshDelta(storage, base);
      delta.markIndexAhead(storage);
      return node(directory, base, delta);
    }
  },

  /** What qemu-img create makes without options. */
  QCOW2("default qcow2", Integer.MAX_VALUE) {
    @Override
    String create(Path directory, LocalStorage storage, BaseDisk base)
        throws IOException, InterruptedException {
      storage.delete("overlay.qcow2");
      Tool.of("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base.extent())
          .and("overlay.qcow2")
          .in(directory)
          .output();
      return "{\"driver\":\"qcow2\",\"file\":" + file(directory, "overlay.qcow2") + "}";
    }
  },

  /**
   * QEMU's vmdk driver over a vmfsSparse delta. It allocates no grain tables and loses writes where
   * there are none, so all of them are given to it.
   */
  VMFS_SPARSE("QEMU vmfsSparse", 128) {
    @Override
    String create(Path directory, LocalStorage storage, BaseDisk base) throws IOException {
      DeltaDisk delta = freshDelta(storage, base);
      DeltaLayout layout = delta.layout();
      ByteBuffer tables =
          ByteBuffer.allocate(layout.tables() * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < layout.tables(); i++) {
        tables.putInt(layout.tableSector(i));
      }
      try (StorageFile extent = storage.open(delta.files().extent(), OpenMode.READ_WRITE)) {
        extent.write(tables.flip(), CowdHeader.BYTES);
      }
      return "{\"driver\":\"vmdk\",\"file\":" + file(directory, delta.files().descriptor()) + "}";
    }
  };

  private static final String DELTA_NAME = "web-000001.vmdk";

  private final String label;
  private final int requests;

  Overlay(String label, int requests) {
    this.label = label;
    this.requests = requests;
  }

  /** Requests in a run: this many show the rate. */
  int requests() {
    return requests;
  }

  String label() {
    return label;
  }

  /** Makes an empty overlay, replacing one of the same kind; the block node that QEMU opens. */
  abstract String create(Path directory, LocalStorage storage, BaseDisk base)
      throws IOException, InterruptedException;

  static DeltaDisk freshDelta(LocalStorage storage, BaseDisk base) throws IOException {
    DeltaDisk.delete(storage, DELTA_NAME);
    return DeltaDisk.create(storage, base.descriptor(), DELTA_NAME, new SplittableRandom(1));
  }

  static String node(Path directory, BaseDisk base, DeltaDisk delta) {
    return node(directory, delta, rawNode(directory, base));
  }

  /**
   * @param below node of what the delta lies over
   */
  static String node(Path directory, DeltaDisk delta, String below) {
    return "{\"driver\":\"qcow2\",\"file\":"
        + file(directory, delta.files().index())
        + ",\"data-file\":{\"driver\":\"raw\",\"offset\":"
        + delta.layout().dataOffset()
        + ",\"file\":"
        + file(directory, delta.files().extent())
        + "},\"backing\":"
        + below
        + "}";
  }

  /** The base alone. */
  static String rawNode(Path directory, BaseDisk base) {
    return "{\"driver\":\"raw\",\"file\":" + file(directory, base.extent()) + "}";
  }

  static String file(Path directory, String name) {
    return "{\"driver\":\"file\",\"auto-read-only\":true,\"filename\":\""
        + directory.resolve(name)
        + "\"}";
  }
}
