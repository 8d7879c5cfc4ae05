package io.vmsnap;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the directions in which the packages may know each other. */
class ArchitectureTest {
  private static final String ROOT = "io.vmsnap";
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  /** Package, then which of our packages it may use (it may always use itself and its children). */
  @ParameterizedTest
  @CsvSource({
    "storage,      ''",
    "task,         ''",
    "log,          ''",
    "disk,         storage",
    "vmdir,        'disk storage task'",
    "hypervisor,   ''",
    "snapshot,     'vmdir disk storage hypervisor task'",
    "api,          ''",
    "operator,     'api task log'",
    "runner,       'cli job snapshot vmdir disk storage hypervisor task'",
    "job,          'log runner snapshot vmdir disk storage hypervisor task'",
    "cli,          'log runner job snapshot vmdir disk storage hypervisor task'",
  })
  void packageUsesOnly(String name, String allowed) {
    String[] permitted =
        Stream.concat(Stream.of(name), Arrays.stream(allowed.split(" ")).filter(s -> !s.isEmpty()))
            .map(p -> ROOT + "." + p + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(ROOT + "." + name + "..")
        .should()
        .dependOnClassesThat(
            resideInAPackage(ROOT + "..")
                .and(DescribedPredicate.not(resideInAnyOf(permitted)))
                .as("ours, other than " + String.join(", ", permitted)))
        .allowEmptyShould(true)
        .check(MAIN);
  }

  @Test
  void snapshotKnowsNoQmp() {
    noClasses()
        .that()
        .resideInAPackage("io.vmsnap.snapshot..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vmsnap.hypervisor.*..")
        .allowEmptyShould(true)
        .check(MAIN);
  }

  @Test
  void onlyApiAndOperatorKnowKubernetesAndQuarkus() {
    noClasses()
        .that()
        .resideInAPackage("io.vmsnap..")
        .and()
        .resideOutsideOfPackages("io.vmsnap.api..", "io.vmsnap.operator..")
        .and()
        .doNotHaveFullyQualifiedName("io.vmsnap.Main")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8..", "io.javaoperatorsdk..", "io.quarkus..", "io.quarkiverse..")
        .check(MAIN);
  }

  @Test
  void packagesHaveNoCycles() {
    slices()
        .matching("io.vmsnap.(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(MAIN);
  }

  @Test
  void engineWritesFilesThroughStorageOnly() {
    DescribedPredicate<HasName> writing =
        nameMatching(
            "(write.*|copy|move|delete.*|create(File|Director|Link|Symbolic).*|newOutputStream"
                + "|newByteChannel|newBufferedWriter|setPosixFilePermissions)");
    noClasses()
        .that()
        .resideInAnyPackage("io.vmsnap.disk..", "io.vmsnap.vmdir..", "io.vmsnap.snapshot..")
        .should()
        .callMethodWhere(
            target(owner(JavaClass.Predicates.assignableTo(Files.class))).and(target(writing)))
        .orShould()
        .callMethodWhere(
            target(owner(JavaClass.Predicates.assignableTo(FileChannel.class)))
                .and(target(nameMatching("open"))))
        .allowEmptyShould(true)
        .check(MAIN);
  }

  @Test
  void nobodySleeps() {
    noClasses()
        .should()
        .callMethodWhere(
            target(owner(JavaClass.Predicates.assignableTo(Thread.class)))
                .and(target(nameMatching("sleep"))))
        .check(MAIN);
  }

  @Test
  void namesSayWhatAClassIs() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.vmsnap..")
            .should()
            .haveSimpleNameEndingWith("Util")
            .orShould()
            .haveSimpleNameEndingWith("Utils")
            .orShould()
            .haveSimpleNameEndingWith("Helper")
            .orShould()
            .haveSimpleNameEndingWith("Manager");
    rule.check(MAIN);
  }

  private static DescribedPredicate<JavaClass> resideInAnyOf(String... packages) {
    return JavaClass.Predicates.resideInAnyPackage(packages);
  }
}
