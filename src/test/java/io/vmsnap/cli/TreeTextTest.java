package io.vmsnap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class TreeTextTest {
  @Test
  void branchesSizesAndMarksAreShown() {
    SnapshotView leaf = snapshot(3, "after upgrade", "FileSystem", false, List.of(), List.of());
    SnapshotView here = snapshot(12, "with RAM", "Memory", true, List.of(), List.of("web-2.vmdk"));
    SnapshotView root = snapshot(1, "clean", "Crash", false, List.of(leaf, here), List.of());

    assertThat(draw(new TreeView("web", 12L, 5 << 20, List.of(root))))
        .isEqualTo(
            """
            web                         UID  TAKEN                    SIZE
            └── clean                     1  2026-01-02 03:04:05  16.0 MiB  crash-consistent
                ├── after upgrade         3  2026-01-02 03:04:05  16.0 MiB  quiesced
                └── with RAM             12  2026-01-02 03:04:05  16.0 MiB  memory, MISSING: web-2.vmdk
                    └── ▶ You are here                            5.00 MiB
            """);
  }

  @Test
  void branchesAreDrawnInTheOrderOfTheirTimes() {
    SnapshotView deep = snapshot(5, "hotfix 2", "Crash", true, List.of(), List.of());
    SnapshotView hotfix = snapshot(4, "hotfix", "Crash", false, List.of(deep), List.of());
    SnapshotView upgrade = snapshot(2, "upgrade", "Crash", false, List.of(), List.of());
    SnapshotView third = snapshot(6, "experiment", "Crash", false, List.of(), List.of());
    SnapshotView root =
        snapshot(1, "clean", "Crash", false, List.of(upgrade, hotfix, third), List.of());

    assertThat(
            draw(new TreeView("web", 5L, 0, List.of(root))).lines().map(l -> l.split("  +\\d")[0]))
        .containsExactly(
            "web                             UID  TAKEN                    SIZE",
            "└── clean",
            "    ├── upgrade",
            "    ├── hotfix",
            "    │   └── hotfix 2",
            "    │       └── ▶ You are here",
            "    └── experiment");
  }

  @Test
  void withoutSnapshotsYouAreAtTheTop() {
    assertThat(draw(new TreeView("web", null, 0, List.of())))
        .isEqualTo(
            """
            web                 UID  TAKEN  SIZE
            └── ▶ You are here               0 B
            """);
  }

  @Test
  void youAreHereComesAfterOtherChildrenOfTheCurrentSnapshot() {
    SnapshotView child = snapshot(2, "b", null, false, List.of(), List.of());
    SnapshotView root =
        new SnapshotView(
            1, "a", "", Instant.EPOCH, false, null, null, 0, List.of(), true, true, List.of(child));

    assertThat(draw(new TreeView("web", 1L, 0, List.of(root))))
        .contains("not taken by vmsnap")
        .contains("    ├── b ")
        .contains("    └── ▶ You are here");
  }

  @Test
  void namesCannotControlTheTerminal() {
    SnapshotView evil =
        snapshot(1, "a\u001b[2Jb\nc" + "x".repeat(100), null, false, List.of(), List.of());

    assertThat(draw(new TreeView("web", null, 0, List.of(evil))))
        .contains("a·[2Jb·cxxx")
        .contains("…")
        .doesNotContain("\u001b");
  }

  @Test
  void sizesHaveThreeDigits() {
    assertThat(Bytes.of(0)).isEqualTo("0 B");
    assertThat(Bytes.of(1023)).isEqualTo("1023 B");
    assertThat(Bytes.of(1024)).isEqualTo("1.00 KiB");
    assertThat(Bytes.of(16 << 20)).isEqualTo("16.0 MiB");
    assertThat(Bytes.of(1023 * 1024)).isEqualTo("1023 KiB");
    assertThat(Bytes.of(Long.MAX_VALUE)).isEqualTo("8.00 EiB");
  }

  private static SnapshotView snapshot(
      long uid,
      String name,
      String consistency,
      boolean current,
      List<SnapshotView> children,
      List<String> missing) {
    return new SnapshotView(
        uid,
        name,
        "",
        Instant.parse("2026-01-02T03:04:05Z"),
        "Memory".equals(consistency),
        consistency,
        "PoweredOn",
        16 << 20,
        missing,
        current,
        false,
        children);
  }

  private static String draw(TreeView tree) {
    return String.join("\n", new TreeText(ZoneOffset.UTC).draw(tree)) + "\n";
  }
}
