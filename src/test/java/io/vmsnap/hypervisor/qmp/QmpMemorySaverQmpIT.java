package io.vmsnap.hypervisor.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.MemorySaveException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.SavedMemory;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.vmdir.memory.MappedRamStream;
import io.vmsnap.vmdir.memory.PageBitmaps;
import io.vmsnap.vmdir.memory.RamBlock;
import io.vmsnap.vmdir.memory.StateOnlyStream;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Saves and loads the RAM of a real QEMU, both ways in and both ways out. */
class QmpMemorySaverQmpIT {
  private static final long MEMORY = 256 << 20;
  private static final long OFFSET = 65536;
  private static final String FILE = "web-Snapshot1.vmsn";
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  @TempDir Path directory;
  private DiskLayer base;
  private DiskLayer delta;

  @BeforeEach
  void createDisks() throws Exception {
    base = CountingMachine.createDisk(directory, "web");
    delta = createDelta("web-000001");
  }

  @ParameterizedTest
  @EnumSource(MemoryMethod.class)
  void savedMachineGoesOnWhereItWas(MemoryMethod method) throws Exception {
    long before;
    long after;
    List<Long> progress = new ArrayList<>();
    try (CountingMachine machine = start("saved", List.of(base), List.of())) {
      before = machine.awaitCounting();

      SavedMemory saved =
          machine
              .vm()
              .saveMemory(
                  request(method), List.of(toDelta()), (done, total, rate) -> progress.add(done));

      after = machine.awaitCounting();
      assertThat(saved.method()).isEqualTo(method);
      assertThat(saved.stun()).isPositive();
      assertThat(machine.vm().state()).isEqualTo(RunState.RUNNING);
      assertThat(machine.vm().disks().getFirst().nodes())
          .containsExactly(base.nodeName(), delta.nodeName());
    }
    assertThat(progress).isNotEmpty().last().isEqualTo(finishMemoryFile());

    try (CountingMachine loaded = start("loaded", List.of(base, delta), incoming(List.of()))) {
      new QmpMemoryLoader(loaded.session()).load(directory.resolve(FILE), OFFSET, TIMEOUT);
      long resumedAt = loaded.counted();
      loaded.run();

      assertThat(resumedAt).isBetween(before, after);
      assertThat(loaded.awaitCounting()).isGreaterThan(resumedAt);
    }
  }

  @Test
  void mappedRamGoesOnWithoutBeingRead() throws Exception {
    long before;
    try (CountingMachine machine = start("saved", List.of(base), List.of())) {
      before = machine.awaitCounting();
      machine.vm().saveMemory(request(null), List.of(toDelta()), (done, total, rate) -> {});
    }
    finishMemoryFile();
    long pagesOffset = writeStateOnly();

    String backend =
        "memory-backend-file,id=pc.ram,size=%d,mem-path=%s,offset=%d,share=off,readonly=on,rom=off"
            .formatted(MEMORY, directory.resolve(FILE), pagesOffset);
    List<String> mapped = incoming(List.of("-object", backend));
    for (int round = 0; round < 2; round++) { // the file is not changed by running from it
      try (CountingMachine loaded = start("mapped" + round, List.of(base, delta), mapped)) {
        new QmpMemoryLoader(loaded.session()).load(directory.resolve("state"), OFFSET, TIMEOUT);
        long resumedAt = loaded.counted();
        loaded.run();

        assertThat(resumedAt).isGreaterThanOrEqualTo(before);
        assertThat(loaded.awaitCounting()).isGreaterThan(resumedAt);
      }
    }
  }

  /** Write faults of RAM that is mapped from a file are not reported, so pre-copy takes over. */
  @Test
  void machineWithMappedRamIsSavedByPreCopy() throws Exception {
    try (RandomAccessFile ram = new RandomAccessFile(directory.resolve("ram").toFile(), "rw")) {
      ram.setLength(MEMORY);
    }
    String backend =
        "memory-backend-file,id=pc.ram,size=%d,mem-path=%s,share=off,readonly=on,rom=off"
            .formatted(MEMORY, directory.resolve("ram"));
    try (CountingMachine machine = start("mapped", List.of(base), List.of("-object", backend))) {
      machine.awaitCounting();

      SavedMemory saved =
          machine.vm().saveMemory(request(null), List.of(toDelta()), (done, total, rate) -> {});

      assertThat(saved.method()).isEqualTo(MemoryMethod.PRE_COPY);
      machine.awaitCounting();
    }
    finishMemoryFile();
  }

  @ParameterizedTest
  @EnumSource(MemoryMethod.class)
  void failureBeforeTheSwitchLeavesTheMachineAsItWas(MemoryMethod method) throws Exception {
    try (CountingMachine machine = start("failing", List.of(base), List.of())) {
      machine.awaitCounting();
      MemorySave nowhere =
          new MemorySave(
              directory.resolve("no/such/folder/x.vmsn"),
              OFFSET,
              method,
              TIMEOUT,
              () -> {},
              TIMEOUT);

      assertThatThrownBy(
              () -> machine.vm().saveMemory(nowhere, List.of(toDelta()), (done, total, rate) -> {}))
          .isInstanceOfSatisfying(
              MemorySaveException.class, e -> assertThat(e.areDisksSwitched()).isFalse())
          .hasMessageContaining("x.vmsn");

      assertThat(machine.vm().disks().getFirst().nodes()).containsExactly(base.nodeName());
      machine.awaitCounting();
      // and the next attempt works
      machine.vm().saveMemory(request(method), List.of(toDelta()), (done, total, rate) -> {});
    }
    finishMemoryFile();
  }

  private CountingMachine start(String name, List<DiskLayer> layers, List<String> extra)
      throws Exception {
    return CountingMachine.start(directory, name, layers, MEMORY, extra);
  }

  private static List<String> incoming(List<String> extra) {
    List<String> arguments = new ArrayList<>(List.of("-S", "-incoming", "defer"));
    arguments.addAll(extra);
    return arguments;
  }

  private MemorySave request(MemoryMethod method) {
    return new MemorySave(
        directory.resolve(FILE), OFFSET, method, Duration.ofSeconds(5), () -> {}, TIMEOUT);
  }

  private DiskSwitch toDelta() {
    return new DiskSwitch(base.nodeName(), delta);
  }

  /** Does what the engine does after QEMU; returns the bytes of RAM in the file. */
  private long finishMemoryFile() throws Exception {
    try (LocalStorage storage = new LocalStorage(directory);
        StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
      MappedRamStream stream = MappedRamStream.read(file, OFFSET);
      PageBitmaps.writeFromData(file, stream);
      PageBitmaps.verify(file, stream);
      assertThat(stream.block(RamBlock.MAIN_RAM).usedLength()).isEqualTo(MEMORY);
      assertThat(PageBitmaps.read(file, stream.block(RamBlock.MAIN_RAM)).cardinality())
          .isPositive();
      return stream.totalLength();
    }
  }

  private long writeStateOnly() throws Exception {
    try (LocalStorage storage = new LocalStorage(directory);
        StorageFile file = storage.open(FILE, OpenMode.READ);
        StorageFile state = storage.create("state")) {
      MappedRamStream stream = MappedRamStream.read(file, OFFSET);
      StateOnlyStream.write(file, stream, state);
      return stream.block(RamBlock.MAIN_RAM).pagesOffset();
    }
  }

  private DiskLayer createDelta(String name) throws Exception {
    Path index = directory.resolve(name + ".idx");
    Path data = directory.resolve(name + "-delta.vmdk");
    Process process =
        new ProcessBuilder(
                "qemu-img",
                "create",
                "-q",
                "-f",
                "qcow2",
                "-o",
                "data_file=" + data + ",extended_l2=on,cluster_size=128k",
                index.toString(),
                Long.toString(CountingMachine.DISK_BYTES))
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isZero();
    return new DiskLayer("n-" + name, data, index, 0, CountingMachine.DISK_BYTES);
  }
}
