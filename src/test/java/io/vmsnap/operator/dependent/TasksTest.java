package io.vmsnap.operator.dependent;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.Fixtures;
import io.vmsnap.task.CreateSnapshotTask;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TasksTest {
  @ParameterizedTest
  @CsvSource({
    "'', ",
    "'memoryMethod: Auto', ",
    "'memoryMethod: PreCopy', PreCopy",
    "'memoryMethod: BackgroundSnapshot', BackgroundSnapshot"
  })
  void jobIsToldOfAMethodOnlyWhereOneIsAskedFor(String line, String told) {
    VirtualMachine machine =
        Serialization.unmarshal("metadata: {name: web}\nspec: {disks: []}\n", VirtualMachine.class);
    VMSnapshot snapshot =
        Serialization.unmarshal(
            """
            metadata: {name: before, uid: u-1}
            spec:
              vmName: web
              memory: true
              %s
            status: {displayName: before, description: text}
            """
                .formatted(line),
            VMSnapshot.class);

    CreateSnapshotTask task = Tasks.create(snapshot, machine, Duration.ofMinutes(5));

    assertThat(task.memoryMethod()).isEqualTo(told);
    assertThat(task.memory()).isTrue();
    assertThat(task.requestId()).isEqualTo("u-1");
    assertThat(task.timeoutSeconds()).isEqualTo(300);
  }

  @ParameterizedTest
  @CsvSource({"'',35", "'reservePercent: 0',0", "'reservePercent: 50',50"})
  void reserveOfTheSnapshotStandsInForThatOfTheMachine(String spec, int expected) {
    VMSnapshot snapshot =
        Serialization.unmarshal(
            """
            metadata: {name: first, namespace: demo, uid: a}
            spec: {vmName: web, %s}
            status: {phase: Creating, displayName: first}
            """
                .formatted(spec),
            VMSnapshot.class);

    assertThat(
            Tasks.create(
                    snapshot,
                    Fixtures.machine("snapshotPolicy: {reservePercent: 35}"),
                    Duration.ofMinutes(5))
                .reservePercent())
        .isEqualTo(expected);
  }
}
