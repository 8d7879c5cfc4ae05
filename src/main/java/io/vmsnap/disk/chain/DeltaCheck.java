package io.vmsnap.disk.chain;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.chain.Finding.Kind;
import io.vmsnap.disk.chain.Finding.Remedy;
import io.vmsnap.disk.chain.Finding.Severity;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.IndexedDelta;
import io.vmsnap.disk.delta.SealedDelta;
import io.vmsnap.disk.index.IndexCheck;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Examines one delta: header, tables, index, and whether the two views agree. */
final class DeltaCheck {
  private static final long WINDOW = 1L << 30;

  private final VmStorage storage;
  private final DeltaDisk delta;
  private final List<Finding> findings = new ArrayList<>();

  private DeltaCheck(VmStorage storage, DeltaDisk delta) {
    this.storage = storage;
    this.delta = delta;
  }

  static List<Finding> run(VmStorage storage, DeltaDisk delta) throws IOException {
    DeltaCheck check = new DeltaCheck(storage, delta);
    check.run();
    return check.findings;
  }

  private void run() throws IOException {
    String extent = delta.files().extent();
    if (!storage.exists(extent)) {
      add(Severity.ERROR, Kind.MISSING_FILE, extent, "is missing", Remedy.NONE);
      return;
    }
    boolean lagging = false;
    DiskException damage = null;
    try {
      lagging = delta.header(storage).uncleanShutdown();
      readTables();
    } catch (DiskException e) {
      damage = e;
    }
    // From tables that lag behind, an index would forget what the guest wrote last.
    boolean complete = damage == null && !lagging;
    boolean index = indexIsSound(complete ? Remedy.REBUILD_INDEX : Remedy.NONE);
    if (damage != null) {
      Remedy remedy = index ? Remedy.REBUILD_TABLES : Remedy.NONE;
      findings.add(new Finding(Severity.ERROR, Kind.TABLES, extent, damage.getMessage(), remedy));
    } else if (lagging) {
      add(
          Severity.NOTICE,
          Kind.NOT_SEALED,
          extent,
          "is not sealed: VMDK readers do not see what was written since the last seal",
          index ? Remedy.SEAL : Remedy.NONE);
    } else if (index) {
      compare();
    }
    long size = storage.size(extent);
    if (size > delta.layout().maxFileSize()) {
      add(
          Severity.NOTICE,
          Kind.OVERSIZE,
          extent,
          "has " + size + " bytes; a full delta has " + delta.layout().maxFileSize(),
          Remedy.NONE);
    }
  }

  private boolean indexIsSound(Remedy remedy) throws IOException {
    String index = delta.files().index();
    if (!storage.exists(index)) {
      add(Severity.ERROR, Kind.MISSING_FILE, index, "is missing", remedy);
      return false;
    }
    List<DiskException> wrong = IndexCheck.run(storage, index);
    wrong.forEach(
        e -> findings.add(new Finding(Severity.ERROR, Kind.INDEX, index, e.getMessage(), remedy)));
    if (!wrong.isEmpty()) {
      return false;
    }
    try (IndexedDelta opened = IndexedDelta.open(storage, delta)) {
      return opened.capacity() > 0;
    } catch (DiskException e) {
      findings.add(new Finding(Severity.ERROR, Kind.CAPACITY, index, e.getMessage(), remedy));
      return false;
    }
  }

  private void readTables() throws IOException {
    try (SealedDelta tables = SealedDelta.open(storage, delta)) {
      for (long at = 0; at < tables.capacity(); at += WINDOW) {
        tables.runs(at, Math.min(WINDOW, tables.capacity() - at));
      }
    }
  }

  private void compare() throws IOException {
    try (IndexedDelta index = IndexedDelta.open(storage, delta);
        SealedDelta tables = SealedDelta.open(storage, delta)) {
      for (long at = 0; at < index.capacity(); at += WINDOW) {
        long length = Math.min(WINDOW, index.capacity() - at);
        if (!held(index, at, length).equals(held(tables, at, length))) {
          add(
              Severity.ERROR,
              Kind.VIEWS_DIFFER,
              delta.files().extent(),
              "the grain tables of guest offsets "
                  + at
                  + " to "
                  + (at + length)
                  + " do not say what the index says",
              Remedy.REBUILD_TABLES);
          return;
        }
      }
    }
  }

  /** What the delta holds, zeros included: the tables cannot tell them apart. */
  private static List<DiskRun> held(VirtualDisk disk, long at, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    for (DiskRun run : disk.runs(at, length)) {
      Content content = run.content() == Content.ZERO ? Content.DATA : run.content();
      runs.add(run.start(), run.length(), content);
    }
    return runs.toList();
  }

  private void add(Severity severity, Kind kind, String file, String what, Remedy remedy) {
    findings.add(new Finding(severity, kind, file, file + ": " + what, remedy));
  }
}
