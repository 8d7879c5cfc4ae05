package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** Works out the {@code env} and {@code envFrom} of a container, paths not yet rewritten. */
final class ContainerEnvironment {
  private static final String ERROR = "CreateContainerConfigError";

  private final KubernetesClient client;
  private final String namespace;
  private final DownwardApi fields;

  ContainerEnvironment(KubernetesClient client, String namespace, DownwardApi fields) {
    this.client = client;
    this.namespace = namespace;
    this.fields = fields;
  }

  /**
   * @param image what the image sets; the container's own variables win
   * @throws PodNotReadyException if a ConfigMap, Secret, key or field is missing
   */
  Map<String, String> resolve(Container container, Map<String, String> image)
      throws PodNotReadyException {
    Map<String, String> environment = new LinkedHashMap<>(image);
    for (EnvFromSource source : container.getEnvFrom()) {
      String prefix = source.getPrefix() == null ? "" : source.getPrefix();
      data(source).forEach((key, value) -> environment.put(prefix + key, value));
    }
    for (EnvVar variable : container.getEnv()) {
      if (variable.getValueFrom() == null) {
        String value = variable.getValue() == null ? "" : variable.getValue();
        environment.put(variable.getName(), VariableExpansion.expand(value, environment));
      } else {
        String value = valueFrom(variable.getName(), variable.getValueFrom(), container);
        if (value != null) {
          environment.put(variable.getName(), value);
        }
      }
    }
    return environment;
  }

  /**
   * @return null for an optional key that is not there
   */
  private String valueFrom(String name, EnvVarSource source, Container container)
      throws PodNotReadyException {
    if (source.getFieldRef() != null) {
      return fields.field(source.getFieldRef().getFieldPath());
    }
    if (source.getConfigMapKeyRef() != null) {
      var ref = source.getConfigMapKeyRef();
      Map<String, String> data = configMap(ref.getName(), ref.getOptional());
      return key(data, ref.getKey(), ref.getOptional(), "configmap " + ref.getName());
    }
    if (source.getSecretKeyRef() != null) {
      var ref = source.getSecretKeyRef();
      Map<String, String> data = secret(ref.getName(), ref.getOptional());
      return key(data, ref.getKey(), ref.getOptional(), "secret " + ref.getName());
    }
    if (source.getResourceFieldRef() != null) {
      return ResourceField.value(container, source.getResourceFieldRef());
    }
    throw new PodNotReadyException(ERROR, "env \"" + name + "\": valueFrom is not supported");
  }

  private Map<String, String> data(EnvFromSource source) throws PodNotReadyException {
    if (source.getConfigMapRef() != null) {
      return configMap(source.getConfigMapRef().getName(), source.getConfigMapRef().getOptional());
    }
    return secret(source.getSecretRef().getName(), source.getSecretRef().getOptional());
  }

  private Map<String, String> configMap(String name, Boolean optional) throws PodNotReadyException {
    ConfigMap map = client.configMaps().inNamespace(namespace).withName(name).get();
    if (map == null) {
      return missing("configmap", name, optional);
    }
    return map.getData() == null ? Map.of() : map.getData();
  }

  private Map<String, String> secret(String name, Boolean optional) throws PodNotReadyException {
    Secret secret = client.secrets().inNamespace(namespace).withName(name).get();
    if (secret == null) {
      return missing("secret", name, optional);
    }
    Map<String, String> data = new LinkedHashMap<>();
    if (secret.getData() != null) {
      secret
          .getData()
          .forEach(
              (key, value) ->
                  data.put(
                      key, new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8)));
    }
    return data;
  }

  private static Map<String, String> missing(String kind, String name, Boolean optional)
      throws PodNotReadyException {
    if (Boolean.TRUE.equals(optional)) {
      return Map.of();
    }
    throw new PodNotReadyException(ERROR, kind + " \"" + name + "\" not found");
  }

  private static String key(Map<String, String> data, String key, Boolean optional, String where)
      throws PodNotReadyException {
    if (!data.containsKey(key) && !Boolean.TRUE.equals(optional)) {
      throw new PodNotReadyException(ERROR, "couldn't find key " + key + " in " + where);
    }
    return data.get(key);
  }
}
