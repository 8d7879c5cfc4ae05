package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobProcessTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();

  @Test
  void outcomeGoesToTheTerminationLog() throws Exception {
    int status = run((environment, process) -> new TaskOutcome(TaskReason.Completed, "ok"));

    assertThat(status).isEqualTo(ExitCode.DONE);
    assertThat(outcome()).isEqualTo(new TaskOutcome(TaskReason.Completed, "ok"));
  }

  @Test
  void failuresBecomeReasonsByTheirType() throws Exception {
    assertThat(reason(new RefusedException(TaskReason.ChainTooDeep, "deep")))
        .isEqualTo(TaskReason.ChainTooDeep);
    assertThat(reason(new HypervisorException("gone", true, null)))
        .isEqualTo(TaskReason.HypervisorFailed);
    assertThat(reason(CorruptDiskException.in("web.vmdk", "bad")))
        .isEqualTo(TaskReason.DirectoryDamaged);
    assertThat(reason(new NoSuchFileException("web.vmdk"))).isEqualTo(TaskReason.DirectoryDamaged);
    assertThat(outcome().message()).isEqualTo("web.vmdk: does not exist");
    assertThat(reason(new IOException("broken"))).isEqualTo(TaskReason.StorageFailed);
    assertThat(reason(new IllegalStateException("defect"))).isEqualTo(TaskReason.InternalError);
    assertThat(out.toString()).contains("IllegalStateException");
  }

  @Test
  void failureThatMayPassHasAnExitStatusOfItsOwn() {
    int status =
        run(
            (environment, process) -> {
              throw new RefusedException(TaskReason.VMBusy, "busy");
            });

    assertThat(status).isEqualTo(ExitCode.RETRY);
    assertThat(out.toString()).contains("VMBusy: busy");
  }

  @Test
  void taskThatIsNoJsonIsTheRequestsFault() throws Exception {
    JobProcess.Task reading =
        (environment, process) -> {
          environment.required("VMSNAP_TASK", CreateSnapshotTask.class);
          return new TaskOutcome(TaskReason.Completed, "ok");
        };

    assertThat(run(reading)).isEqualTo(ExitCode.FAILED);
    assertThat(outcome().reason()).isEqualTo(TaskReason.InvalidRequest);
    assertThat(outcome().message()).contains("VMSNAP_TASK is not set");

    JobProcess.run(
        Map.of("VMSNAP_TASK", "{oops", JobProcess.TERMINATION_LOG, log().toString()),
        new PrintWriter(out),
        reading);

    assertThat(outcome().message()).contains("VMSNAP_TASK is not the JSON");
  }

  @Test
  void terminationLogThatCannotBeWrittenIsSaid() {
    int status =
        JobProcess.run(
            Map.of(JobProcess.TERMINATION_LOG, folder.resolve("no/such/folder").toString()),
            new PrintWriter(out),
            (environment, process) -> new TaskOutcome(TaskReason.Completed, "ok"));

    assertThat(status).isEqualTo(ExitCode.DONE);
    assertThat(out.toString()).contains("cannot write the termination message");
  }

  private TaskReason reason(Exception failure) throws IOException {
    run(
        (environment, process) -> {
          throw failure;
        });
    return outcome().reason();
  }

  private int run(JobProcess.Task task) {
    return JobProcess.run(
        Map.of(JobProcess.TERMINATION_LOG, log().toString()), new PrintWriter(out), task);
  }

  private TaskOutcome outcome() throws IOException {
    return TaskJson.readTerminationMessage(Files.readString(log()));
  }

  private Path log() {
    return folder.resolve("termination-log");
  }
}
