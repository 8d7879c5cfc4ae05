package io.vmsnap.snapshot.adopt;

import java.util.List;
import java.util.Map;

/**
 * What an adoption did.
 *
 * @param proven SHA-256 of the content of each copied layer, by descriptor name
 * @param notes what cannot be as it was
 * @param sourcesKept whether the source files are still there, in {@code .vmsnap/adopted}
 */
public record AdoptResult(Map<String, String> proven, List<String> notes, boolean sourcesKept) {}
