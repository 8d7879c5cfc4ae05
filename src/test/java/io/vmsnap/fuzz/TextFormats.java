package io.vmsnap.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vmsnap.snapshot.CreatePlan;
import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.snapshot.DeletePlan;
import io.vmsnap.snapshot.MergePlan;
import io.vmsnap.snapshot.PivotPlan;
import io.vmsnap.snapshot.RevertPlan;
import io.vmsnap.snapshot.SuspendPlan;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DiskAddress;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;

/** Texts of a VM directory: configuration, history, and our own JSON. */
final class TextFormats {
  private static final List<Class<?>> PLANS =
      List.of(
          CreatePlan.class,
          DeletePlan.class,
          MergePlan.class,
          PivotPlan.class,
          RevertPlan.class,
          SuspendPlan.class);

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private TextFormats() {}

  static void readVmx(byte[] content) throws IOException {
    VmxFile vmx = VmxFile.parse("web.vmx", content);
    vmx.disks();
    vmx.uuid();
    VmxFile again = VmxFile.parse("web.vmx", vmx.with("displayName", "größer").toBytes());
    if (!again.disks().equals(vmx.disks())) {
      throw new AssertionError("a configuration that was written again has other disks");
    }
  }

  static List<byte[]> vmx() {
    VmxFile vmx =
        VmxFile.create(
                "web.vmx", "web |22\"x", UUID.fromString("564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7"))
            .withDisk(DiskAddress.parse("scsi0:0"), "root", "web-000001.vmdk")
            .withDisk(DiskAddress.parse("sata1:2"), null, "web_1.vmdk")
            .withResume("web-Snapshot1.vmsn", "Eager");
    String foreign =
        "#!/usr/bin/vmware\r\n.encoding = \"windows-1252\"\r\nconfig.version = 8\r\n"
            + "ide0:0.fileName = \"C:\\VMs\\Büro|2A.vmdk\" # moved\r\nIDE0:0.present = \"true\"\r\n";
    return List.of(vmx.toBytes(), foreign.getBytes(StandardCharsets.ISO_8859_1));
  }

  static void readVmsd(byte[] content) throws IOException {
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", content);
    vmsd.tree().depth();
    for (SnapshotEntry snapshot : vmsd.snapshots()) {
      vmsd.tree().path(snapshot.uid());
      vmsd.withoutSnapshots(Set.of(snapshot.uid()));
    }
    if (!VmsdFile.parse("web.vmsd", vmsd.toBytes()).snapshots().equals(vmsd.snapshots())) {
      throw new AssertionError("a history that was written again is another one");
    }
  }

  static List<byte[]> vmsd() {
    VmsdFile vmsd = VmsdFile.empty("web.vmsd");
    for (long uid = 1; uid <= 3; uid++) {
      vmsd =
          vmsd.withSnapshot(
              new SnapshotEntry(
                  uid,
                  uid == 1 ? null : 1L,
                  "web-Snapshot" + uid + ".vmsn",
                  "before \"upgrade\"",
                  "line\nline",
                  Instant.ofEpochSecond(1_700_000_000 + uid),
                  uid == 2,
                  List.of(new SnapshotDisk("scsi0:0", "web-00000" + uid + ".vmdk")),
                  Map.of("requestId", "r-" + uid)));
    }
    return List.of(vmsd.toBytes(), new byte[0]);
  }

  /** As it is, and as an entry whose checksum fits: the checksum guards against accidents only. */
  static void readJournal(byte[] content) throws IOException {
    JsonNode tree;
    try {
      tree = JSON.readTree(content);
    } catch (IOException e) {
      tree = null;
    }
    if (tree != null && tree.has("entry")) {
      tree = tree.get("entry");
    }
    if (tree != null) {
      CRC32C crc = new CRC32C();
      crc.update(tree.toString().getBytes(StandardCharsets.UTF_8));
      String sum = HexFormat.of().toHexDigits((int) crc.getValue());
      String file = "{\"version\":1,\"entry\":" + tree + ",\"crc32c\":\"" + sum + "\"}";
      Reader.check(TextFormats::readPlans, Journal.FILE, file.getBytes(StandardCharsets.UTF_8));
    }
    readPlans(content);
  }

  private static void readPlans(byte[] content) throws IOException {
    JournalEntry entry =
        new Journal(new FuzzedDirectory().with(Journal.FILE, content)).read().orElseThrow();
    for (Class<?> plan : PLANS) {
      Reader.check(
          ignored -> {
            if (Journal.plan(entry, plan) == null) {
              throw new AssertionError("no plan and no error");
            }
          },
          Journal.FILE,
          content);
    }
  }

  static List<byte[]> journals() throws IOException {
    MemoryStorage storage = new MemoryStorage();
    storage.createFolder(".vmsnap");
    CreatePlan plan =
        new CreatePlan(
            "r-1",
            7,
            List.of(new NewDelta("scsi0:0", "web.vmdk", "web-000001.vmdk")),
            null,
            List.of(new NewFile("web.vmx", "a = \"größer\"\r\n".getBytes(StandardCharsets.UTF_8))));
    new Journal(storage)
        .write(new JournalEntry("create", Phase.PREPARING, 42, Journal.toJson(plan)));
    return List.of(storage.content(Journal.FILE));
  }

  static void readReverts(byte[] content) throws IOException {
    RevertLedger ledger = RevertLedger.read(new FuzzedDirectory().with(RevertLedger.FILE, content));
    ledger.find("r-1");
    ledger.last();
    ledger.toBytes();
  }

  static List<byte[]> reverts() throws IOException {
    Instant time = Instant.parse("2026-01-02T03:04:05.678Z");
    return List.of(
        RevertLedger.read(new FuzzedDirectory())
            .with(new RevertLedger.Entry("r-1", 3, "PoweredOn", "OnDemand", 4096, time))
            .with(new RevertLedger.Entry("r-2", 4, "PoweredOff", null, 0, time))
            .toBytes());
  }

  static void readFormat(byte[] content) throws IOException {
    DirectoryFormat.check(new FuzzedDirectory().with(DirectoryFormat.FILE, content));
  }

  static List<byte[]> formats() {
    return List.of("{\"version\":1}\n".getBytes(StandardCharsets.UTF_8));
  }
}
