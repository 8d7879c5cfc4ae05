package io.vmsnap.operator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.Fixtures;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NewsTest {
  private static final String STATUS =
      """
      phase: Creating
      sequence: 7
      conditions: [{type: Ready, status: "False", reason: Creating, message: being taken}]
      attempt: {operation: Create, number: 1, job: j, requestHash: h}
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "progress: {step: Copying, percent: 7}",
        "current: true",
        "children: [second]",
        "observedGeneration: 4"
      })
  void whatASnapshotSaysToPeopleIsNoNewsToOthers(String more) {
    assertThat(News.of(snapshot(STATUS + more), snapshot(STATUS))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "uid: 3",
        "parentUid: 2",
        "completionTime: 2026-03-01T10:00:00Z",
        "deletion: {removedUids: [3], completionTime: 2026-03-01T10:00:00Z}",
        "displayName: other"
      })
  void whatOthersDecideOnIsNews(String more) {
    assertThat(News.of(snapshot(STATUS + more), snapshot(STATUS))).isTrue();
    assertThat(News.of(snapshot(STATUS), snapshot(STATUS + more))).isTrue();
  }

  @Test
  void firstStatusPhaseAndRefusalAreNews() {
    VMSnapshot fresh = snapshot(STATUS);
    fresh.setStatus(null);
    assertThat(News.of(snapshot(STATUS), fresh)).isTrue();
    assertThat(News.of(snapshot(STATUS.replace("Creating", "Ready")), snapshot(STATUS))).isTrue();
    assertThat(
            News.of(
                snapshot(
                    STATUS.replace(
                        "type: Ready, status: \"False\"", "type: Stalled, status: \"True\"")),
                snapshot(STATUS)))
        .isTrue();
  }

  @Test
  void deletionAnnotationAndSpecAreNews() {
    VMSnapshot deleted = snapshot(STATUS);
    deleted.getMetadata().setDeletionTimestamp("2026-03-01T10:00:00Z");
    VMSnapshot annotated = snapshot(STATUS);
    annotated.getMetadata().setAnnotations(Map.of("a", "b"));
    VMSnapshot edited = snapshot(STATUS);
    edited.getMetadata().setGeneration(2L);

    assertThat(News.of(deleted, snapshot(STATUS))).isTrue();
    assertThat(News.of(annotated, snapshot(STATUS))).isTrue();
    assertThat(News.of(edited, snapshot(STATUS))).isTrue();
  }

  @Test
  void sizesOfAMachineAreNoNewsAndAllElseIs() {
    String status = "powerState: PoweredOn\ndirectory: {claimName: c, ";

    assertThat(News.of(machine(status + "free: 2Gi}"), machine(status + "free: 3Gi}"))).isFalse();
    assertThat(
            News.of(
                machine(status + "free: 2Gi}\nlastSnapshotUid: 4"), machine(status + "free: 2Gi}")))
        .isTrue();
    assertThat(News.of(machine(status + "free: 2Gi}"), Fixtures.machine())).isTrue();
  }

  private static VMSnapshot snapshot(String status) {
    VMSnapshot snapshot = Fixtures.snapshot("first", "2026-03-01T09:59:00Z");
    snapshot.setStatus(Serialization.unmarshal(status, VMSnapshotStatus.class));
    return snapshot;
  }

  private static VirtualMachine machine(String status) {
    VirtualMachine vm = Fixtures.machine();
    vm.setStatus(Serialization.unmarshal(status, VirtualMachineStatus.class));
    return vm;
  }
}
