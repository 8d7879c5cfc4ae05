package io.vmsnap.harness.cluster;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test against a cluster: its methods take a {@link Cluster}, shared by all tests of the JVM, and
 * a {@link ClusterNamespace} of their own. {@code VMSNAP_CLUSTER} or {@code -Dvmsnap.cluster} names
 * the provider ({@code embedded} by default). Where there is no such cluster the tests are skipped
 * with the reason; with {@code CI=true} the embedded one must be there, and its absence is a
 * failure.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cluster")
@ExtendWith(ClusterExtension.class)
public @interface ClusterTest {
  /** Whether the operator is to run before each test starts. */
  boolean operator() default true;
}
