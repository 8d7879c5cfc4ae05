package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.bench.page.Order;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Requests and opening through chains of deltas, beside chains of as many default qcow2 overlays
 * with the same writes, in turns.
 */
final class ChainDepthBench {
  private static final String READ_OLD = "read what the base holds";
  private static final String READ_NEW = "read what the newest holds";
  private static final String WRITE = "first write";
  private static final String PEER = ", qcow2 chain";
  private static final String OPEN = "open";
  private static final int KIB = 1 << 10;
  private static final int REQUEST = 4 * KIB;
  private static final int STRIDE = 256 * KIB;

  /** What no delta ever writes. */
  private static final int UNTOUCHED = 128 * KIB;

  private static final int READS = 4096;
  private static final int OPENINGS = 5;
  private static final String TOP = "web-000099.vmdk";

  private final BenchRun run;
  private final EngineBench.Sizes sizes;
  private final Path directory;
  private final LocalStorage storage;
  private final long capacity;
  private final List<DeltaDisk> deltas = new ArrayList<>();
  private BaseDisk base;

  ChainDepthBench(BenchRun run, EngineBench.Sizes sizes) throws IOException {
    this.run = run;
    this.sizes = sizes;
    this.directory = Files.createDirectory(run.folder().resolve("chain"));
    this.storage = new LocalStorage(directory);
    this.capacity = (long) sizes.chainMebibytes() << 20;
  }

  void run() throws IOException, InterruptedException {
    build();
    CostSweep requests = new CostSweep();
    for (String peer : List.of("", PEER)) {
      requests.expect(READ_OLD + peer, peer.isEmpty() ? Order.LINEAR : null);
      requests.expect(READ_NEW + peer, peer.isEmpty() ? Order.CONSTANT : null);
      requests.expect(WRITE + peer, peer.isEmpty() ? Order.CONSTANT : null);
    }
    CostSweep opening = new CostSweep().expect(OPEN, Order.LINEAR);
    for (int round = 0; round < sizes.rounds(); round++) {
      for (int depth : sizes.depths()) {
        requests(requests, depth, "", ourChain(depth));
        requests(requests, depth, PEER, theirChain(depth));
        writes(requests, depth);
        for (int i = 0; i < OPENINGS; i++) {
          opening.add(OPEN, depth, open(depth));
        }
      }
    }
    EngineBench.report(
        run,
        requests.curve(
            "chain-requests",
            "Requests of 4 KiB through a chain",
            "deltas in the chain",
            "microseconds a request, 16 in flight"));
    EngineBench.report(
        run, opening.curve("chain-open", "Opening a chain", "deltas in the chain", "milliseconds"));
    int deepest = sizes.depths().getLast();
    for (String path : List.of(READ_OLD, READ_NEW, WRITE)) {
      run.add(figure(requests, path, deepest));
    }
    RevertBench.delete(directory);
  }

  private static Figure figure(CostSweep requests, String path, int depth) {
    return new Figure(
        path + ", 4 KiB",
        "chain of " + depth,
        "us",
        false,
        requests.at(path, depth).values(),
        "qcow2 chain",
        requests.at(path + PEER, depth).values(),
        null);
  }

  /** Every layer holds 4 KiB of each 256 KiB, in both chains at the same place. */
  private void build() throws IOException, InterruptedException {
    base = BaseDisk.create(storage, "web.vmdk", capacity, new SplittableRandom(1));
    new Load("", true, (int) (capacity / (64 * KIB)), 64 * KIB, 64 * KIB)
        .run(Overlay.rawNode(directory, base));
    String parent = base.descriptor();
    String parentFile = base.extent();
    for (int k = 1; k <= sizes.depths().getLast(); k++) {
      String name = "web-%06d.vmdk".formatted(k);
      DeltaDisk delta = DeltaDisk.create(storage, parent, name, new SplittableRandom(k));
      deltas.add(delta);
      overlay("layer-" + k + ".qcow2", parentFile);
      // In the lower half of each stride: the other is read where only the base has it.
      Load write = new Load("", true, (int) (capacity / STRIDE), REQUEST, STRIDE);
      write.run(ourChain(k));
      write.run(theirChain(k));
      parent = name;
      parentFile = "layer-" + k + ".qcow2";
    }
  }

  private void requests(CostSweep sweep, int depth, String peer, String node)
      throws IOException, InterruptedException {
    Load read = new Load("", false, READS, REQUEST, STRIDE);
    sweep.add(READ_OLD + peer, depth, 1e6 / read.runFrom(UNTOUCHED, node));
    sweep.add(READ_NEW + peer, depth, 1e6 / read.run(node));
  }

  /** Writes to a new layer, with one less below it, so that the chain is as deep as said. */
  private void writes(CostSweep sweep, int depth) throws IOException, InterruptedException {
    Load write = new Load("", true, (int) (capacity / STRIDE), REQUEST, STRIDE);
    DeltaDisk.delete(storage, TOP);
    String parent = depth == 1 ? base.descriptor() : deltas.get(depth - 2).files().descriptor();
    DeltaDisk top = DeltaDisk.create(storage, parent, TOP, new SplittableRandom(depth));
    top.markIndexAhead(storage);
    sweep.add(
        WRITE,
        depth,
        1e6 / write.runFrom(UNTOUCHED, Overlay.node(directory, top, ourChain(depth - 1))));
    overlay("top.qcow2", depth == 1 ? base.extent() : "layer-" + (depth - 1) + ".qcow2");
    sweep.add(WRITE + PEER, depth, 1e6 / write.runFrom(UNTOUCHED, qcow2("top.qcow2")));
  }

  private double open(int depth) throws IOException {
    long start = System.nanoTime();
    DiskChain.open(storage, deltas.get(depth - 1).files().descriptor())
        .content(storage, DiskChain.View.INDEX)
        .close();
    return (System.nanoTime() - start) / 1e6;
  }

  private String ourChain(int depth) {
    String node = Overlay.rawNode(directory, base);
    for (DeltaDisk delta : deltas.subList(0, depth)) {
      node = Overlay.node(directory, delta, node);
    }
    return node;
  }

  private String theirChain(int depth) {
    return qcow2("layer-" + depth + ".qcow2");
  }

  private String qcow2(String file) {
    return "{\"driver\":\"qcow2\",\"file\":" + Overlay.file(directory, file) + "}";
  }

  private void overlay(String file, String backing) throws IOException, InterruptedException {
    storage.delete(file);
    Tool.of("qemu-img", "create", "-q", "-f", "qcow2")
        .and("-F", backing.endsWith(".qcow2") ? "qcow2" : "raw", "-b", backing, file)
        .in(directory)
        .output();
  }
}
