package io.vmsnap.disk.copy;

/** Hears how far a copy is. */
@FunctionalInterface
public interface CopyProgress {
  CopyProgress SILENT = (done, total) -> {};

  /** Bytes of the guest's disk that are dealt with, of all. */
  void at(long done, long total);
}
