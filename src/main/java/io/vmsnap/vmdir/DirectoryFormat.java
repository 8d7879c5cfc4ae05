package io.vmsnap.vmdir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The format version of a VM directory, {@value #FILE}: {@code {"version":1}}. A directory without
 * it was made by another program, or not prepared yet.
 */
public final class DirectoryFormat {
  public static final String FOLDER = ".vmsnap";

  /** Held by the runner while it lives: whoever cannot take it knows that the machine is on. */
  public static final String RUNNER_LOCK = FOLDER + "/runner.lock";

  /** QMP for jobs; the runner has a monitor of its own, so that two conversations never mix. */
  public static final String JOB_MONITOR = FOLDER + "/run/qmp-job.sock";

  public static final String FILE = FOLDER + "/format.json";
  static final int VERSION = 1;
  private static final int MAX_BYTES = 64 << 10;

  private DirectoryFormat() {}

  /**
   * @throws TooNewException if only a newer version may touch the directory
   * @throws DamagedFileException if the file does not say a version
   */
  public static void check(VmStorage storage) throws IOException {
    if (!storage.exists(FILE)) {
      return;
    }
    JsonNode version;
    try {
      version = JsonMapper.builder().build().readTree(read(storage)).path("version");
    } catch (IOException e) {
      throw new DamagedFileException(FILE, "is not JSON", e);
    }
    if (!version.isIntegralNumber() || !version.canConvertToLong() || version.asLong() < 1) {
      throw new DamagedFileException(FILE, "\"version\" is missing or not a positive number");
    }
    if (version.asLong() > VERSION) {
      throw new TooNewException(FILE, version.asLong(), VERSION);
    }
  }

  private static byte[] read(VmStorage storage) throws IOException {
    return WholeFile.read(storage, FILE, MAX_BYTES);
  }

  /** Marks the directory as one of this version. */
  public static void write(VmStorage storage) throws IOException {
    storage.createFolder(FOLDER);
    String text = "{\"version\":" + VERSION + "}\n";
    WholeFile.replace(storage, FILE, text.getBytes(StandardCharsets.UTF_8));
  }
}
