package io.vmsnap.operator.dependent;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
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
}
