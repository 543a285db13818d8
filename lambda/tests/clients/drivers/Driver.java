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
        if (said[0].equals("lease") || said[0].equals("licence")) {
            var asked = asked("app", said[2], "code", said[3], "machine_code", said[4], "device", said[8]);
            long clock = Long.parseLong(said[6]), latest = Long.parseLong(said[7]);
            says = said[0].equals("lease") ? KamiProof.checkLease(roots, said[5], asked, clock, latest)
                : KamiDevice.checkLicence(roots, new String(KamiProof.decode(said[5]), UTF_8), asked, clock, latest);
        } else {
            var asked = asked("app", said[2], "nonce", said[4], "code", said[5], "machine_code", said[6], "device", said[12]);
            var moment = Math.max(Long.parseLong(said[10]), Long.parseLong(said[11]));
            var body = KamiJson.parse(said[9].getBytes(UTF_8));
            says = KamiProof.check(roots, body, said[3], asked, said[7], Integer.parseInt(said[8]), moment);
        }
        return "yes " + json(says.get("answer"));
    }
    private static Map<String, String> asked(String... said) { // what is not empty
        var asked = new TreeMap<String, String>();
        for (int at = 0; at < said.length; at += 2) if (!said[at + 1].isEmpty()) asked.put(said[at], said[at + 1]);
        return asked;
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
