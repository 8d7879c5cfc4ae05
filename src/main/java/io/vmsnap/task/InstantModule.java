package io.vmsnap.task;

import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * Moments in JSON, such as {@code "2026-11-23T10:00:00.123456Z"}. Jackson's own module knows all
 * types of {@code java.time} and their formats by locale, and to load it took a job a fifth of its
 * processor time.
 */
public final class InstantModule extends SimpleModule {
  public InstantModule() {
    super("vmsnap-instant");
    addSerializer(Instant.class, ToStringSerializer.instance);
    addDeserializer(Instant.class, new Reader());
  }

  private static final class Reader extends FromStringDeserializer<Instant> {
    Reader() {
      super(Instant.class);
    }

    @Override
    protected Instant _deserialize(String text, DeserializationContext context) throws IOException {
      try {
        return Instant.parse(text);
      } catch (DateTimeException e) {
        return (Instant)
            context.handleWeirdStringValue(Instant.class, text, "not such as 2026-01-31T12:00:00Z");
      }
    }
  }
}
