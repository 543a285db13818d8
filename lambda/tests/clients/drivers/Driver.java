// Checks what each line of its input says, and prints "yes" with the answer to act upon, or "no".
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.*;
import java.util.*;

final class Driver {
    private static String answer(String[] said) throws Exception {
        if (said[0].equals("signature")) {
            byte[] key = KamiProof.decode(said[1]), signed = KamiProof.decode(said[2]);
            return KamiProof.isSigned(signed, KamiProof.decode(said[3]), key) ? "yes {}" : "no";
        }
        var roots = Arrays.asList(said[1].split(" "));
        Map<String, Object> says;
        if (said[0].equals("lease")) {
            var asked = Map.of("app", said[2], "code", said[3], "machine_code", said[4]);
            says = KamiProof.checkLease(roots, said[5], asked, Long.parseLong(said[6]), Long.parseLong(said[7]));
        } else {
            var asked = Map.of("app", said[2], "nonce", said[4], "code", said[5], "machine_code", said[6]);
            var moment = Math.max(Long.parseLong(said[10]), Long.parseLong(said[11]));
            var body = KamiFiles.Json.parse(said[9].getBytes(UTF_8));
            says = KamiProof.check(roots, body, said[3], asked, said[7], Integer.parseInt(said[8]), moment);
        }
        return "yes " + json(says.get("answer"));
    }
    private static String json(Object value) {
        if (value instanceof String) return '"' + ((String) value).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        if (!(value instanceof Map)) return String.valueOf(value);
        var members = new StringJoiner(",", "{", "}");
        KamiProof.object(value).forEach((name, member) -> members.add(json(name) + ":" + json(member)));
        return members.toString();
    }
    public static void main(String[] none) throws IOException {
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
        for (var line : new String(System.in.readAllBytes(), UTF_8).split("\n")) {
            var found = "no";
            try {
                found = answer(line.split("\u001f", -1));
            } catch (Exception notProven) {}
            out.print(found + "\n");
        }
    }
}
