package io.vmsnap.vmdir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SnapshotTreeTest {
  @Test
  void parentsMakeTheTreeNotTheOrderOfTheFile() throws Exception {
    SnapshotTree tree =
        SnapshotTree.of(
            "web.vmsd", List.of(entry(4, 2L), entry(9, null), entry(3, 2L), entry(2, null)), 3L);

    assertThat(tree.roots()).extracting(SnapshotEntry::uid).containsExactly(2L, 9L);
    assertThat(tree.children(2)).extracting(SnapshotEntry::uid).containsExactly(3L, 4L);
    assertThat(tree.path(4)).extracting(SnapshotEntry::uid).containsExactly(2L, 4L);
    assertThat(tree.current()).map(SnapshotEntry::uid).contains(3L);
    assertThat(tree.depth()).isEqualTo(2);
    assertThat(tree.size()).isEqualTo(4);
  }

  @Test
  void cycleIsRefused() {
    assertThatThrownBy(
            () ->
                SnapshotTree.of(
                    "web.vmsd", List.of(entry(1, null), entry(2, 3L), entry(3, 2L)), null))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageContaining("cycle");
  }

  @Test
  void sameUidTwiceIsRefused() {
    assertThatThrownBy(
            () -> SnapshotTree.of("web.vmsd", List.of(entry(1, null), entry(1, null)), null))
        .hasMessage("web.vmsd: uid 1 is given to two snapshots");
  }

  @Test
  void withoutSnapshotsNothingIsCurrent() throws Exception {
    SnapshotTree tree = SnapshotTree.of("web.vmsd", List.of(), null);

    assertThat(tree.current()).isEmpty();
    assertThat(tree.depth()).isZero();
  }

  private static SnapshotEntry entry(long uid, Long parent) {
    return new SnapshotEntry(
        uid,
        parent,
        "s" + uid + ".vmsn",
        "s" + uid,
        "",
        Instant.ofEpochSecond(uid),
        false,
        List.of(),
        Map.of());
  }
}
