package io.vmsnap.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.WithDefault;
import io.vmsnap.Main;
import io.vmsnap.operator.config.OperatorConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the Dockerfile says must fit the rest; building the image takes an engine. */
class ImageTest {
  private static final Path DOCKERFILE = Path.of("Dockerfile");

  /** A module that is missing shows only when a runner of the image looks for its class. */
  @Test
  void javaOfTheImageHasEveryModuleThatIsUsed() throws Exception {
    String classes =
        Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    StringWriter out = new StringWriter();

    int status =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(
                new PrintWriter(out),
                new PrintWriter(out),
                "--print-module-deps",
                "--ignore-missing-deps",
                "--multi-release",
                "25",
                classes);

    assertThat(status).as("%s", out).isZero();
    List<String> used = Arrays.asList(out.toString().strip().split(","));
    assertThat(used).contains("jdk.httpserver");
    assertThat(linked()).containsAll(used);
  }

  @Test
  void userIsTheOneThatOwnsTheVolumes() throws Exception {
    String user = OperatorConfig.class.getMethod("userId").getAnnotation(WithDefault.class).value();

    assertThat(Files.readString(DOCKERFILE)).contains("\nUSER " + user + ":" + user + "\n");
  }

  /** Nothing of a build on this machine gets into the image by chance. */
  @Test
  void contextHoldsTheSourcesOnly() throws IOException {
    List<String> taken =
        Files.readAllLines(Path.of(".dockerignore")).stream()
            .filter(line -> line.startsWith("!"))
            .map(line -> line.substring(1))
            .toList();

    assertThat(taken).containsExactlyInAnyOrder(".mvn", "mvnw", "pom.xml", "src/main");
    assertThat(taken).allSatisfy(path -> assertThat(Path.of(path)).exists());
    assertThat(Files.readAllLines(Path.of(".dockerignore"))).contains("*");
  }

  private static Set<String> linked() throws IOException {
    Matcher modules =
        Pattern.compile("--add-modules \\\\\\n *(\\S+)").matcher(Files.readString(DOCKERFILE));
    assertThat(modules.find()).isTrue();
    return Configuration.empty()
        .resolve(ModuleFinder.ofSystem(), ModuleFinder.of(), Set.of(modules.group(1).split(",")))
        .modules()
        .stream()
        .map(module -> module.name())
        .collect(Collectors.toSet());
  }
}
