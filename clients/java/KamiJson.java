// JSON, read and written: goes beside Kami.java.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.*;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

final class KamiJson { // strict: UTF-8, nothing behind it, no member twice
    static String quoted(String text) {
        return '"' + text.codePoints().mapToObj(c -> c == '"' || c == '\\' || c < ' ' ? String.format("\\u%04x", c)
            : Character.toString(c)).collect(Collectors.joining()) + '"';
    }
    private static final Pattern WORD = Pattern.compile(
        "true|false|null|-?(?:0|[1-9][0-9]{0,17})(?![0-9.eE])|" +
        "(-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)");
    private final String text;
    private int at;
    private KamiJson(String text) { this.text = text; }
    static Map<String, Object> parse(byte[] bytes) throws IOException {
        var json = new KamiJson(UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        var value = json.value(0);
        need(value instanceof Map && json.skip() == json.text.length());
        return KamiProof.object(value);
    }
    private static void need(boolean fact) { KamiProof.need(fact, "no JSON"); }
    private int skip() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
        return at;
    }
    private boolean takes(char one) { return skip() < text.length() && text.charAt(at) == one && ++at > 0; }
    private Object value(int depth) {
        need(depth < 99);
        if (takes('{')) {
            var members = new LinkedHashMap<String, Object>();
            for (var more = !takes('}'); more; more = takes(','), need(more || takes('}'))) {
                need(takes('"'));
                var name = string();
                need(takes(':') && !members.containsKey(name));
                members.put(name, value(depth + 1));
            }
            return members;
        }
        if (takes('[')) {
            var list = new ArrayList<Object>();
            for (var more = !takes(']'); more; more = takes(','), need(more || takes(']')))
                list.add(value(depth + 1));
            return list;
        }
        if (takes('"')) return string();
        var word = WORD.matcher(text).region(skip(), text.length());
        need(word.lookingAt());
        at = word.end();
        var is = word.group();
        return is.equals("null") ? null : is.endsWith("e") ? (Object) is.equals("true")
            : word.group(1) != null ? (Object) Double.valueOf(is) : Long.valueOf(is);
    }
    private String string() {
        for (var said = new StringBuilder();;) {
            var one = text.charAt(at++);
            if (one == '"') return said.toString();
            need(one >= ' ');
            if (one == '\\') {
                var of = "\"\\/bfnrtu".indexOf(text.charAt(at++));
                need(of >= 0 && (of < 8 || text.substring(at, at + 4).matches("[0-9A-Fa-f]{4}")));
                one = of < 8 ? "\"\\/\b\f\n\r\t".charAt(of)
                    : (char) Integer.parseInt(text.substring(at, at += 4), 16);
            }
            said.append(one);
        }
    }
}
