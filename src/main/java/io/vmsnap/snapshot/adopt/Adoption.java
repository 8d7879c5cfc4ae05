package io.vmsnap.snapshot.adopt;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.snapshot.OperationLock;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.FolderStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DirectoryFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Turns a VM directory of VMware's into one of ours, with all snapshots.
 *
 * <p>Every layer that is not a raw base already is copied into {@value #STAGING} and proven by its
 * digest; until all are, no file of the directory changes. Then, journaled, the sources move to
 * {@value #SOURCES} and the copies take their names. An interrupted adoption goes on where it was:
 * proven copies are not made again, and once files move it only goes forward.
 */
public final class Adoption {
  static final String STAGING = ".vmsnap/adopt";
  static final String SOURCES = ".vmsnap/adopted";

  private static final long WINDOW = 256L << 20;

  private final VmStorage storage;
  private final AdoptListener listener;
  private final String name;

  /** The machine keeps its name, the stem of its {@code .vmx}. */
  public Adoption(VmStorage storage, AdoptListener listener) {
    this(storage, listener, null);
  }

  /**
   * @param name that the machine gets: {@code .vmx} and {@code .vmsd} are called so afterwards, all
   *     other files keep their names; null for the name that it has
   */
  public Adoption(VmStorage storage, AdoptListener listener, String name) {
    this.storage = storage;
    this.listener = listener;
    this.name = name;
  }

  /** Whether an adoption of the directory was begun and did not end. */
  public static boolean isBegun(VmStorage storage) throws IOException {
    return new Journal(storage)
        .read()
        .filter(entry -> entry.operation().equals(AdoptPlan.OPERATION))
        .isPresent();
  }

  /**
   * Adopts the directory, or finishes what an earlier call began.
   *
   * @param removeSources whether the sources are deleted after the copies are proven and in place
   * @throws RefusedException if nothing was done, and why
   */
  public AdoptResult run(boolean removeSources) throws IOException, RefusedException {
    Optional<OperationLock> lock = OperationLock.tryAcquire(storage);
    if (lock.isEmpty()) {
      throw new RefusedException(TaskReason.VMBusy, "another operation works on the directory");
    }
    try (OperationLock held = lock.get()) {
      return run(held, removeSources);
    }
  }

  /** Likewise for a caller who works on the directory already. */
  public AdoptResult run(OperationLock held, boolean removeSources)
      throws IOException, RefusedException {
    Journal journal = new Journal(storage);
    Optional<JournalEntry> begun = journal.read();
    if (begun.isPresent() && !begun.get().operation().equals(AdoptPlan.OPERATION)) {
      throw new RefusedException(
          TaskReason.VMBusy,
          "an operation \"" + begun.get().operation() + "\" is to be finished first");
    }
    if (begun.isPresent() && begun.get().phase() == Phase.SWITCHING) {
      AdoptPlan plan = Journal.plan(begun.get(), AdoptPlan.class);
      finish(journal, plan);
      return new AdoptResult(plan.proven(), List.of(), !plan.removeSources());
    }
    if (begun.isEmpty() && storage.exists(DirectoryFormat.FILE)) {
      throw new RefusedException(
          TaskReason.InvalidRequest, "the directory is one of vmsnap's already");
    }
    Map<String, String> proven =
        begun.isPresent()
            ? Journal.plan(begun.get(), AdoptPlan.class).proven()
            : Map.<String, String>of();
    return copyAndSwitch(held, journal, new LinkedHashMap<>(proven), removeSources);
  }

  private AdoptResult copyAndSwitch(
      OperationLock lock, Journal journal, Map<String, String> proven, boolean removeSources)
      throws IOException, RefusedException {
    ForeignDirectory foreign = ForeignDirectory.read(storage);
    if (name != null) {
      foreign = foreign.named(name);
    }
    AdoptPlan plan = plan(foreign, proven, removeSources);
    requireNamesFree(plan);
    requireSpace(foreign, proven);
    journal.write(entry(lock, Phase.PREPARING, plan));
    storage.createFolder(STAGING);
    LayerConversion conversion = new LayerConversion(storage, new FolderStorage(storage, STAGING));
    int number = 0;
    for (ForeignLayer layer : foreign.layers()) {
      number++;
      if (layer.staysAsItIs()) {
        conversion.stageDescriptor(layer);
      } else if (!proven.containsKey(layer.name())) {
        String digest = conversion.convert(layer, number, foreign.layers().size(), listener);
        lock.check();
        proven.put(layer.name(), digest);
        journal.write(entry(lock, Phase.PREPARING, plan(foreign, proven, removeSources)));
      }
    }
    lock.check();
    AdoptPlan complete = plan(foreign, proven, removeSources);
    journal.write(entry(lock, Phase.SWITCHING, complete));
    finish(journal, complete);
    return new AdoptResult(proven, foreign.notes(), !removeSources);
  }

  private AdoptPlan plan(
      ForeignDirectory foreign, Map<String, String> proven, boolean removeSources)
      throws IOException {
    TreeSet<String> aside = new TreeSet<>();
    List<String> moves = new ArrayList<>();
    List<String> frozen = new ArrayList<>();
    List<AdoptPlan.TextFile> descriptors = new ArrayList<>();
    for (ForeignLayer layer : foreign.layers()) {
      if (!layer.staysAsItIs()) {
        aside.addAll(layer.files());
        moves.addAll(layer.newFiles());
      } else if (layer.isChangeTracked()) {
        descriptors.add(
            new AdoptPlan.TextFile(layer.name(), layer.withoutChangeTracking().toBytes()));
      }
      layer.changeTrackingFile(storage).ifPresent(aside::add);
      if (foreign.frozen().contains(layer.name())) {
        frozen.add(layer.newExtent());
      }
    }
    for (String file : foreign.replaced()) {
      if (storage.exists(file)) {
        aside.add(file);
      }
    }
    return new AdoptPlan(
        proven,
        List.copyOf(aside),
        moves,
        frozen,
        new AdoptPlan.TextFile(foreign.vmx().file(), foreign.vmx().toBytes()),
        new AdoptPlan.TextFile(foreign.vmsd().file(), foreign.vmsd().toBytes()),
        descriptors,
        removeSources);
  }

  private static JournalEntry entry(OperationLock lock, Phase phase, AdoptPlan plan) {
    return new JournalEntry(AdoptPlan.OPERATION, phase, lock.token(), Journal.toJson(plan));
  }

  /** A copy's name may be that of a source it replaces, or new. */
  private void requireNamesFree(AdoptPlan plan) throws IOException, RefusedException {
    List<String> wanted = new ArrayList<>(plan.moves());
    if (name != null && !storage.exists(plan.vmx().name())) {
      wanted.add(plan.vmsd().name()); // a history without its machine is somebody else's
    }
    for (String file : wanted) {
      if (storage.exists(file) && !plan.aside().contains(file)) {
        throw new RefusedException(
            TaskReason.InvalidRequest,
            file + " is in the way and belongs to no disk of the machine");
      }
    }
  }

  /** The copies and the sources are there at the same time. */
  private void requireSpace(ForeignDirectory foreign, Map<String, String> proven)
      throws IOException, RefusedException {
    long needed = 0;
    for (ForeignLayer layer : foreign.layers()) {
      if (!layer.staysAsItIs() && !proven.containsKey(layer.name())) {
        try (LayeredDisk disk = ForeignDirectory.open(storage, layer)) {
          needed += heldBytes(disk.layers().getFirst());
        }
      }
    }
    long free = storage.space().freeBytes();
    if (needed > free) {
      throw new RefusedException(
          TaskReason.InsufficientSpace,
          "the copies need up to " + needed + " bytes, the volume has " + free + " free");
    }
  }

  private static long heldBytes(VirtualDisk layer) throws IOException {
    long held = 0;
    for (long at = 0; at < layer.capacity(); at += WINDOW) {
      for (DiskRun run : layer.runs(at, Math.min(WINDOW, layer.capacity() - at))) {
        held += run.content() == Content.DATA ? run.length() : 0;
      }
    }
    return held;
  }

  /** From here on only forward; every step may be repeated. */
  private void finish(Journal journal, AdoptPlan plan) throws IOException {
    listener.begin("put the copies in place", 1, 1);
    storage.createFolder(SOURCES);
    for (String file : plan.aside()) {
      // a source whose copy has its name already was moved before
      boolean replaced = plan.moves().contains(file) && !storage.exists(STAGING + "/" + file);
      if (!replaced && storage.exists(file)) {
        storage.rename(file, SOURCES + "/" + file.replace('/', '_'));
      }
    }
    storage.syncDirectory(SOURCES);
    storage.syncDirectory("");
    for (String file : plan.moves()) {
      if (storage.exists(STAGING + "/" + file)) {
        storage.rename(STAGING + "/" + file, file);
      }
    }
    storage.syncDirectory(DirectoryFormat.FOLDER);
    storage.syncDirectory("");
    List<AdoptPlan.TextFile> texts = new ArrayList<>(plan.descriptors());
    texts.addAll(List.of(plan.vmx(), plan.vmsd()));
    for (AdoptPlan.TextFile text : texts) {
      WholeFile.replace(storage, text.name(), text.content());
    }
    for (String extent : plan.frozen()) {
      storage.setReadOnly(extent, true);
    }
    DirectoryFormat.write(storage);
    for (String left : storage.list(STAGING)) {
      storage.delete(STAGING + "/" + left);
    }
    if (plan.removeSources()) {
      for (String file : storage.list(SOURCES)) {
        storage.delete(SOURCES + "/" + file);
      }
    }
    journal.remove();
  }
}
