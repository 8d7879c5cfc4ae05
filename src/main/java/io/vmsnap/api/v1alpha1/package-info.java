/**
 * The custom resources of group {@code vmsnap.io}: what users write, and what the operator answers.
 *
 * <p>{@code crds/*.yaml} and {@code docs/reference/api.md} are generated from these types; {@code
 * CrdDriftTest} fails while they differ. Validation rules are written in the subset of CEL that
 * Kubernetes 1.25 knows. Older API servers ignore them, so the operator holds the same rules in
 * Java.
 */
package io.vmsnap.api.v1alpha1;
