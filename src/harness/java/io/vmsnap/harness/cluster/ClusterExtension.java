package io.vmsnap.harness.cluster;

import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.opentest4j.TestAbortedException;

/** What {@link ClusterTest} promises. */
final class ClusterExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(ClusterExtension.class);

  /** The cluster of this JVM; JUnit closes it after the last test. */
  private record Shared(Cluster cluster, String whyNot, Exception failure)
      implements AutoCloseable {
    @Override
    public void close() {
      if (cluster != null) {
        cluster.close();
      }
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    Cluster cluster = cluster(context);
    boolean operator =
        Optional.ofNullable(context.getRequiredTestClass().getAnnotation(ClusterTest.class))
            .map(ClusterTest::operator)
            .orElse(true);
    if (operator) {
      cluster.operator().start();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    ClusterNamespace namespace =
        context.getStore(STORE).get(ClusterNamespace.class, ClusterNamespace.class);
    if (namespace == null) {
      return;
    }
    if (context.getExecutionException().isPresent()) {
      System.out.println("==== state at the failure of " + context.getDisplayName());
      namespace.cluster().dump(namespace.name(), System.out);
    }
    // also after a failure: a machine that runs on would slow down the tests that follow
    namespace.cluster().deleteNamespace(namespace.name());
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Cluster.class || type == ClusterNamespace.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Cluster cluster = cluster(context);
    if (parameter.getParameter().getType() == Cluster.class) {
      return cluster;
    }
    return context
        .getStore(STORE)
        .computeIfAbsent(
            ClusterNamespace.class,
            key -> new ClusterNamespace(cluster, cluster.createNamespace(prefix(context))),
            ClusterNamespace.class);
  }

  private static String prefix(ExtensionContext context) {
    String name = context.getRequiredTestMethod().getName().replaceAll("([A-Z])", "-$1");
    String plain = name.toLowerCase().replaceAll("[^a-z0-9]+", "-");
    return plain.substring(0, Math.min(plain.length(), 40)).replaceAll("-$", "");
  }

  private static Cluster cluster(ExtensionContext context) {
    Shared shared =
        context
            .getRoot()
            .getStore(STORE)
            .computeIfAbsent(Shared.class, key -> open(chosen()), Shared.class);
    if (shared.failure() != null) {
      // Tried once: every further test would wait for the same failure.
      throw new IllegalStateException("the cluster does not start", shared.failure());
    }
    if (shared.cluster() == null) {
      throw new TestAbortedException(shared.whyNot());
    }
    return shared.cluster();
  }

  private static Shared open(ClusterProvider provider) {
    Optional<String> whyNot = provider.unavailable();
    if (whyNot.isPresent()) {
      String message = "no " + provider.name() + " cluster: " + whyNot.get();
      boolean required =
          "true".equals(System.getenv("CI"))
              && provider.name().equals(EmbeddedClusterProvider.NAME);
      if (required) {
        return new Shared(null, null, new IllegalStateException(message + " (CI may not skip it)"));
      }
      System.out.println("SKIPPED: " + message);
      return new Shared(null, message, null);
    }
    try {
      return new Shared(provider.open(step -> System.out.println("cluster: " + step)), null, null);
    } catch (Exception e) {
      return new Shared(null, null, e);
    }
  }

  private static ClusterProvider chosen() {
    String fromEnvironment = System.getenv().getOrDefault("VMSNAP_CLUSTER", "embedded");
    String name = System.getProperty("vmsnap.cluster", fromEnvironment);
    return switch (name) {
      case EmbeddedClusterProvider.NAME -> EmbeddedClusterProvider.temporary();
      case CurrentClusterProvider.NAME ->
          new CurrentClusterProvider(
              Optional.ofNullable(System.getenv(CurrentClusterProvider.IMAGE_VARIABLE)));
      default ->
          throw new IllegalArgumentException(
              "VMSNAP_CLUSTER=\"" + name + "\": expected embedded or current");
    };
  }
}
