package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.qmp.QmpEvent;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.util.List;

/** What the runner does about once a second while its machine runs. */
final class Housekeeping {
  private static final System.Logger LOG = System.getLogger(Housekeeping.class.getName());

  /** Two growth steps of a delta: with less, the guest would stop again at once. */
  static final long RESUME_BYTES = 32L << 20;

  /** Rounds between two tries to go on after an error that free space does not cure. */
  private static final int RETRY_ROUNDS = 10;

  private final Machine machine;
  private final DirectoryWatch directory;
  private final AgentWatch agent;
  private final StatusBoard board;
  private final AbandonedPause pause;
  private int roundsInError;
  private QmpEvent.BlockIoError lastError;
  private String lastComplaint = "";

  Housekeeping(
      Machine machine,
      DirectoryWatch directory,
      AgentWatch agent,
      StatusBoard board,
      AbandonedPause pause) {
    this.machine = machine;
    this.directory = directory;
    this.agent = agent;
    this.board = board;
    this.pause = pause;
  }

  void round() {
    try {
      observeMachine();
      board.round();
    } catch (HypervisorException e) {
      // If QEMU is gone, the loop sees it next; if it hangs, the liveness probe does.
      complain("cannot ask QEMU for its state: ", e);
    }
    try {
      directory.grow();
      board.directory(directory.look(), directory.operation());
      lastComplaint = "";
    } catch (IOException e) {
      complain("cannot look at the directory now: ", e);
    }
    board.agentConnected(agent.isConnected());
  }

  private void observeMachine() throws HypervisorException {
    List<QmpEvent.BlockIoError> errors = machine.ioErrors();
    if (!errors.isEmpty()) {
      lastError = errors.getLast();
    }
    RunState state = machine.state();
    pause.observe(state);
    if (state == RunState.IO_ERROR) {
      cureIoError();
      return;
    }
    if (roundsInError > 0 && state == RunState.RUNNING) {
      LOG.log(System.Logger.Level.INFO, "the guest goes on");
      roundsInError = 0;
      board.noProblem();
    }
    board.phase(state == RunState.PAUSED ? RunPhase.PAUSED : RunPhase.RUNNING);
  }

  private void cureIoError() throws HypervisorException {
    board.phase(RunPhase.IO_ERROR);
    boolean full = lastError == null || lastError.noSpace();
    long free = freeBytes();
    if (roundsInError == 0) {
      board.ioErrorPause();
      LOG.log(
          System.Logger.Level.ERROR,
          "the guest is paused, because a disk write failed: {0} ({1} bytes free)",
          lastError == null ? "unknown error" : lastError.reason(),
          free);
    }
    roundsInError++;
    board.problem(
        full ? TaskReason.InsufficientSpace : TaskReason.StorageFailed,
        full
            ? "the volume is full ("
                + free
                + " bytes free), so the guest is paused and nothing is lost; it goes on by itself"
                + " when "
                + RESUME_BYTES
                + " bytes are free: enlarge the volume or delete what is not needed"
            : "a disk write failed ("
                + lastError.reason()
                + "), so the guest is paused; it is tried again every "
                + RETRY_ROUNDS
                + " s");
    if (full ? free >= RESUME_BYTES : roundsInError % RETRY_ROUNDS == 0) {
      machine.resume();
    }
  }

  private long freeBytes() {
    try {
      return directory.freeBytes();
    } catch (IOException e) {
      complain("cannot ask the volume for its free space: ", e);
      return 0;
    }
  }

  /** Once per cause, not once a second. */
  private void complain(String what, IOException cause) {
    if (!cause.toString().equals(lastComplaint)) {
      lastComplaint = cause.toString();
      LOG.log(System.Logger.Level.WARNING, what + cause.getMessage());
    }
  }
}
