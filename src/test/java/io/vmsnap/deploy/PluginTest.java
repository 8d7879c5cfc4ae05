package io.vmsnap.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.api.v1alpha1.Quiesce;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.operator.reconciler.vmsnapshot.VMSnapshotRules;
import io.vmsnap.operator.reconciler.vmsnapshotrevert.VMSnapshotRevertRules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kubectl vmsnap} with a kubectl that notes what it is told and answers from files. */
class PluginTest {
  private static final String KUBECTL =
      """
      #!/bin/sh
      here=$(dirname "$0")
      echo "$*" >>"$here/calls"
      case "$*" in
        *create*) cat >"$here/manifest"; echo created/name ;;
        *" virtualmachines"*) cat "$here/machine" ;;
        *vmsnapshots.vmsnap.io*) cat "$here/snapshots" 2>/dev/null || : ;;
      esac
      """;

  @TempDir Path folder;

  @BeforeEach
  void kubectl() throws IOException {
    Path script = Files.writeString(folder.resolve("kubectl"), KUBECTL);
    assertThat(script.toFile().setExecutable(true)).isTrue();
  }

  @Test
  void treeShowsBranchesAndTheMachine() throws Exception {
    Files.writeString(folder.resolve("machine"), "b");
    Files.writeString(
        folder.resolve("snapshots"),
        """
        a\tweb\t\tReady\t97.5Mi\tMemory\tbefore
        b\tweb\ta\tReady\t2.43Mi\tFileSystem\t
        other\tdb\t\tReady\t1Mi\tCrash\t
        c\tweb\ta\tPending\t<no value>\t<no value>\t<no value>
        d\tweb\tb\tReady\t1Mi\tCrash\tof b
        """);

    assertThat(run("tree", "web"))
        .isEqualTo(
            """
            web
            └── a                                   Ready        97.5Mi  Memory     before
                ├── b                               Ready        2.43Mi  FileSystem
                │   ├── d                           Ready           1Mi  Crash      of b
                │   └── ▶ You are here
                └── c                               Pending
            """);
  }

  @Test
  void createMakesASnapshotThatKeepsTheRules() throws Exception {
    run(
        "create",
        "web",
        "one",
        "--no-wait",
        "--description",
        "say \"hi\" \\ #1: {x}",
        "--quiesce",
        "Required",
        "-n",
        "vms");

    VMSnapshot made = made(VMSnapshot.class);
    assertThat(made.getMetadata().getName()).isEqualTo("one");
    assertThat(made.getSpec().vmName()).isEqualTo("web");
    assertThat(made.getSpec().description()).isEqualTo("say \"hi\" \\ #1: {x}");
    assertThat(made.getSpec().quiesce().policy()).isEqualTo(Quiesce.Policy.Required);
    assertThat(made.getSpec().memory()).isFalse();
    assertThat(VMSnapshotRules.check(made)).isEmpty();
    assertThat(calls()).containsExactly("-n vms create -f - -o name");
  }

  @Test
  void nameIsOptional() throws Exception {
    run("create", "web", "--memory", "--no-wait");

    VMSnapshot made = made(VMSnapshot.class);
    assertThat(made.getMetadata().getName()).isNull();
    assertThat(made.getMetadata().getGenerateName()).isEqualTo("web-");
    assertThat(made.getSpec().memory()).isTrue();
  }

  @Test
  void revertMakesAOneShot() throws Exception {
    run("revert", "web", "one", "--save", "--power", "PoweredOn", "--no-wait");

    VMSnapshotRevert made = made(VMSnapshotRevert.class);
    assertThat(made.getSpec().snapshotName()).isEqualTo("one");
    assertThat(made.getSpec().saveCurrentState()).isTrue();
    made.getMetadata().setName(made.getMetadata().getGenerateName() + "x5k2p");
    assertThat(VMSnapshotRevertRules.check(made)).isEmpty();
  }

  @Test
  void deletionWithDescendantsSaysSoFirst() throws Exception {
    run("delete", "a", "b", "--with-descendants", "--no-wait");

    assertThat(calls())
        .containsExactly(
            "annotate --overwrite vmsnapshots.vmsnap.io a b vmsnap.io/delete-descendants=true",
            "delete vmsnapshots.vmsnap.io a b --wait=false");
  }

  @Test
  void watchDrawsBars() throws Exception {
    Files.writeString(
        folder.resolve("snapshots"),
        """
        VMSnapshot\tone\tweb\tCreating\tSavingMemory\t25\tsaves
        VMSnapshot\ttwo\tweb\tPending\t\t\tWaits for snapshot one
        VMSnapshot\told\tweb\tReady\t<no value>\t<no value>\ttaken
        """);

    assertThat(run("watch", "--no-wait"))
        .contains("[##########..............................]  25 %  SavingMemory")
        .contains("Waits for snapshot one")
        .doesNotContain("old");
  }

  @Test
  void misuseIsToldWithoutACall() throws Exception {
    assertThat(run("tree")).contains("whose tree?");
    assertThat(run("create", "web", "--memroy")).contains("unknown option --memroy");
    assertThat(run("create", "web", "--description")).contains("--description needs a value");
    assertThat(run("snapshot")).contains("unknown command snapshot");
    assertThat(folder.resolve("calls")).doesNotExist();
  }

  private <T> T made(Class<T> type) throws IOException {
    return Serialization.unmarshal(Files.readString(folder.resolve("manifest")), type);
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(folder.resolve("calls"));
  }

  private String run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("src/main/plugin/kubectl-vmsnap"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().merge("PATH", folder.toString(), (path, first) -> first + ":" + path);
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
