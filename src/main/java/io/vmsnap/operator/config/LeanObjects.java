package io.vmsnap.operator.config;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.quarkus.kubernetes.client.KubernetesClientObjectMapperCustomizer;
import jakarta.inject.Singleton;

/**
 * Leaves the record of who set which field out of every object that the operator reads. Nobody here
 * looks at it, and the informers would keep it in memory: it is larger than the rest of a snapshot.
 * A write without it leaves the API server's record as it is.
 */
@Singleton
public class LeanObjects implements KubernetesClientObjectMapperCustomizer {
  @Override
  public void customize(ObjectMapper mapper) {
    mapper.addMixIn(ObjectMeta.class, WithoutManagedFields.class);
  }

  /** Jackson's instructions for {@link ObjectMeta}. */
  @JsonIgnoreProperties("managedFields")
  private interface WithoutManagedFields {}
}
