package io.vmsnap.fuzz;

import java.io.IOException;
import java.util.List;

/** Every format that a program other than this one may have written, or damaged. */
enum Format {
  DESCRIPTOR("web.vmdk", DiskFormats::readDescriptor, DiskFormats::descriptors),
  HOSTED_SPARSE("web.vmdk", DiskFormats::readDisk, DiskFormats::hostedSparse),
  STREAM_OPTIMIZED("web.vmdk", DiskFormats::readDisk, DiskFormats::streamOptimized),
  COWD("web-delta.vmdk", DiskFormats::readCowd, DiskFormats::cowd),
  SE_SPARSE("web-sesparse.vmdk", DiskFormats::readSeSparse, DiskFormats::seSparse),
  INDEX(".vmsnap/web-000001.idx", DiskFormats::readIndex, DiskFormats::indexes),
  VMX("web.vmx", TextFormats::readVmx, TextFormats::vmx),
  VMSD("web.vmsd", TextFormats::readVmsd, TextFormats::vmsd),
  VMSN("web-Snapshot1.vmsn", StateFormats::readVmsn, StateFormats::vmsn),
  MEMORY("web-Snapshot1.vmsn", StateFormats::readStream, StateFormats::streams),
  JOURNAL(".vmsnap/journal.json", TextFormats::readJournal, TextFormats::journals),
  REVERTS(".vmsnap/reverts.json", TextFormats::readReverts, TextFormats::reverts),
  DIRECTORY_FORMAT(".vmsnap/format.json", TextFormats::readFormat, TextFormats::formats),
  TASK("VMSNAP_VM.json", TaskFormats::read, TaskFormats::seeds);

  private final String file;
  private final Reader reader;
  private final Seeds seeds;

  /** Valid files of a format, small enough to be mutated thousands of times. */
  @FunctionalInterface
  interface Seeds {
    List<byte[]> make() throws IOException;
  }

  Format(String file, Reader reader, Seeds seeds) {
    this.file = file;
    this.reader = reader;
    this.seeds = seeds;
  }

  List<byte[]> seeds() throws IOException {
    return seeds.make();
  }

  /** Fails if a valid file is refused. */
  void readValid(byte[] content) throws IOException {
    reader.read(content);
  }

  /**
   * @throws AssertionError if the content makes the parser break its promise
   */
  void check(byte[] content) {
    Reader.check(reader, file, content);
  }
}
