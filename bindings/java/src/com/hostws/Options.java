package com.hostws;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a connection is opened and maintained. Every option of ws_options has a method, and its name:
 * {@code options.openTimeoutMs(10000)} and {@code options.set("open_timeout_ms", 10000)} are the same. What is not set has
 * its default.
 */
public final class Options extends NamedOptions {
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, List<String>> headers = new LinkedHashMap<>();

    /** Every option has its default. */
    public Options() {}

    /**
     * Sets an option by its name. The library refuses a name that it does not know.
     *
     * @param name a name of ws_options
     * @param value a String, a Boolean, an Integer or a Long; null: the default
     * @return this
     */
    @Override
    public Options set(String name, Object value) {
        if (value == null) values.remove(name);
        else values.put(name, value);
        return this;
    }

    /**
     * Adds a header of the upgrade request. A name may repeat.
     *
     * @param name the name
     * @param value the value
     * @return this
     */
    public Options header(String name, String value) {
        headers.computeIfAbsent(name, it -> new ArrayList<>()).add(value);
        return this;
    }

    /**
     * How messages are delivered and sent.
     *
     * @param type TEXT, the default; BLOB; or OBJECT: JSON
     * @return this
     */
    public Options dataType(DataType type) {
        return set("data_type", type.value);
    }

    boolean isObject() {
        Object type = values.get("data_type");
        return "object".equals(type) || type instanceof Number && ((Number) type).intValue() == DataType.OBJECT.value;
    }

    static int sum(Question[] questions) {
        int sum = 0;
        for (Question question : questions) sum |= question.value;
        return sum;
    }

    /** What ws_open() takes. */
    String toJson(int queue) {
        if (values.containsKey("stream_threshold")) {
            throw new OptionException("stream_threshold: this package delivers whole messages only", ErrorCode.OPTION);
        }
        StringBuilder json = new StringBuilder("{\"queue\":").append(queue);
        values.forEach((name, value) -> {
            quote(json.append(','), name);
            json.append(':');
            if (value instanceof String) quote(json, (String) value);
            else if (value instanceof Boolean || value instanceof Number) json.append(value);
            else throw new OptionException(name + ": a " + value.getClass().getSimpleName() + " is no value of an option",
                ErrorCode.OPTION);
        });
        if (!headers.isEmpty()) {
            json.append(",\"headers\":{");
            headers.forEach((name, all) -> {
                quote(json, name);
                json.append(":[");
                for (String value : all) quote(json, value).append(',');
                json.setCharAt(json.length() - 1, ']');
                json.append(',');
            });
            json.setCharAt(json.length() - 1, '}');
        }
        return json.append('}').toString();
    }

    private static StringBuilder quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') json.append('\\').append(c);
            else if (c < ' ') json.append(String.format("\\u%04x", (int) c));
            else json.append(c);
        }
        return json.append('"');
    }
}
