package io.vmsnap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.VmDefinition;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryCommandsTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void machineWithOneSnapshot() throws Exception {
    VmDefinition definition =
        new VmDefinition(
            "web",
            "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7",
            new VmDefinition.Hardware(1, 1 << 28, "bios", null, "auto"),
            List.of(new VmDefinition.Disk("root", 1L << 20, null)),
            null,
            List.of(),
            false,
            30);
    try (LocalStorage storage = new LocalStorage(folder)) {
      new SnapshotCreation(
              storage,
              VmConnector.POWERED_OFF,
              Clock.systemUTC(),
              new StopSignal(Duration.ofMinutes(1)),
              Duration.ZERO)
          .run(
              definition, new CreateSnapshotTask("r-1", "before", "", false, "None", 0, 60, 32, 0));
    }
  }

  @Test
  void treeShowsTheSnapshot() throws Exception {
    assertThat(run("tree", folder.toString())).isZero();
    assertThat(out.toString()).contains("└── before").contains("▶ You are here");
  }

  @Test
  void treeAsJsonHasTheSameContent() throws Exception {
    assertThat(run("tree", "--json", folder.toString())).isZero();
    JsonNode tree = JsonMapper.builder().build().readTree(out.toString());
    assertThat(tree.path("currentUid").asLong()).isEqualTo(1);
    assertThat(tree.path("snapshots").path(0).path("displayName").asText()).isEqualTo("before");
  }

  @Test
  void infoSaysWhatEveryFileIsFor() {
    assertThat(run("info", folder.toString())).isZero();
    assertThat(out.toString())
        .contains("scsi0:0 (root), 1.00 MiB: web.vmdk <- web-000001.vmdk")
        .containsPattern("web-flat.vmdk .*base disk data, frozen")
        .containsPattern("web-000001-delta.vmdk .*delta disk data, active")
        .containsPattern("web-Snapshot1.vmsn .*state of snapshot 1")
        .doesNotContain("other");
  }

  @Test
  void checkFailsOnDamageOnly() throws Exception {
    assertThat(run("check", folder.toString())).isZero();
    assertThat(out.toString()).isEqualTo("No damage found." + System.lineSeparator());

    Files.delete(folder.resolve("web-Snapshot1.vmsn"));

    assertThat(run("check", folder.toString())).isEqualTo(1);
    assertThat(out.toString()).contains("ERROR   web-Snapshot1.vmsn: is missing");
    assertThat(run("check", "--json", folder.toString())).isEqualTo(1);
    assertThat(out.toString()).contains("\"sound\":false");
  }

  @Test
  void repairSaysWhatItDid() throws Exception {
    Files.delete(folder.resolve(".vmsnap/web-000001.idx"));
    assertThat(run("check", folder.toString())).isEqualTo(1);

    assertThat(run("check", "--repair", folder.toString())).isZero();

    assertThat(out.toString())
        .contains("repair  web-000001.vmdk: rebuilt the live index from the grain tables")
        .contains("No damage found.");
    assertThat(run("check", "--repair", "--json", folder.toString())).isZero();
    assertThat(out.toString()).contains("\"repaired\":[]");
  }

  @Test
  void directoryThatIsNoneIsOneLineOfError() {
    assertThat(run("tree", folder.resolve("nothing").toString())).isEqualTo(1);
    assertThat(err.toString()).startsWith("vmsnap: ").contains("does not exist").hasLineCount(1);
    assertThat(run("tree")).isEqualTo(2);
  }

  private int run(String... args) {
    return VmsnapCommand.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}
