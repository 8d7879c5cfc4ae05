package io.vmsnap.runner;

import io.vmsnap.snapshot.OperationLock;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.adopt.AdoptListener;
import io.vmsnap.snapshot.adopt.AdoptResult;
import io.vmsnap.snapshot.adopt.Adoption;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryFormat;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.CancellationException;

/**
 * Makes a directory of VMware's the machine's, where its definition says so, before anything else
 * is done there. The status tells how far it is; what a stop interrupts, the next start goes on
 * with.
 */
final class DirectoryAdoption {
  private static final System.Logger LOG = System.getLogger(DirectoryAdoption.class.getName());
  private static final String KIND = "adopt";

  private final VmStorage storage;
  private final VmDefinition definition;
  private final StatusBoard board;
  private final StopRequest stop;

  DirectoryAdoption(
      VmStorage storage, VmDefinition definition, StatusBoard board, StopRequest stop) {
    this.storage = storage;
    this.definition = definition;
    this.board = board;
    this.stop = stop;
  }

  /**
   * Returns at once if there is nothing to adopt.
   *
   * @return false if the wish to stop came first
   * @throws RefusedException if the directory cannot become this machine; nothing was changed
   */
  boolean run(OperationLock lock) throws IOException, RefusedException {
    boolean begun = Adoption.isBegun(storage);
    if (!definition.adopts() || (!begun && storage.exists(DirectoryFormat.FILE))) {
      return true;
    }
    if (!begun) {
      new AdoptionFit(storage, definition).check();
    }
    LOG.log(System.Logger.Level.INFO, "adopting the directory");
    try {
      AdoptResult result =
          new Adoption(storage, new Report(Instant.now()), definition.name()).run(lock, false);
      result.notes().forEach(note -> LOG.log(System.Logger.Level.WARNING, note));
      LOG.log(
          System.Logger.Level.INFO,
          "adopted; copied and proven: {0}",
          String.join(", ", result.proven().keySet()));
      return true;
    } catch (CancellationException e) {
      LOG.log(System.Logger.Level.INFO, "asked to stop: the next start goes on adopting");
      return false;
    } finally {
      board.operation(null);
    }
  }

  /** Puts the progress on the board, and looks whether to go on. */
  private final class Report implements AdoptListener {
    private final Instant begin;
    private String step = "";
    private int behind;
    private int steps = 1;

    Report(Instant begin) {
      this.begin = begin;
    }

    @Override
    public void begin(String name, int done, int all) {
      step = name;
      behind = done;
      steps = all;
      at(0, 1);
    }

    @Override
    public void at(long done, long total) {
      if (stop.isRequested()) {
        throw new CancellationException("asked to stop");
      }
      double part = total == 0 ? 1 : (double) done / total;
      int percent = (int) Math.min(100, 100 * (behind + part) / steps);
      board.operation(new RunnerStatus.Operation(definition.uuid(), KIND, step, percent, begin));
    }
  }
}
