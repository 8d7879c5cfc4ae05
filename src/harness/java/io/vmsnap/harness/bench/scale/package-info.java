/**
 * The operator under load: the real one, as packaged, on a real control plane, with a node that
 * only pretends ({@code ./vmsnap bench operator}).
 */
package io.vmsnap.harness.bench.scale;
