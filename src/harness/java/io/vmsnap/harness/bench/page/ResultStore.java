package io.vmsnap.harness.bench.page;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The newest result of each part, one JSON file each. */
public final class ResultStore {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();

  private final Path folder;

  public ResultStore(Path folder) {
    this.folder = folder;
  }

  /** Replaces the part's result; the file it is in. */
  public Path write(PartResult result) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve(result.part() + ".json");
    MAPPER.writeValue(file.toFile(), result);
    return file;
  }

  /**
   * @param parts in the order wanted
   * @return those that were ever measured
   */
  public List<PartResult> read(List<String> parts) throws IOException {
    List<PartResult> results = new ArrayList<>();
    for (String part : parts) {
      Path file = folder.resolve(part + ".json");
      if (Files.exists(file)) {
        results.add(MAPPER.readValue(file.toFile(), PartResult.class));
      }
    }
    return results;
  }
}
