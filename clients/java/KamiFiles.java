// What is kept on the machine, its id and the lease for a start without network, and JSON: goes beside Kami.java.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

final class KamiFiles {
    static Path file(String name) { // in the folder of your app
        var config = Arrays.asList("APPDATA", "XDG_CONFIG_HOME").stream().map(System::getenv)
            .filter(path -> path != null && !path.isEmpty()).findFirst();
        return Path.of(config.orElse(System.getenv("HOME") + "/.config"), Kami.APP, name);
    }
    static void write(String name, String text) throws IOException { // nobody sees half of it, and nobody else any
        Files.createDirectories(file(name).getParent());
        var half = Files.createTempFile(file(name).getParent(), name, null);
        Files.write(half, text.getBytes(UTF_8));
        Files.move(half, file(name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
    private static byte[] run(String... command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start().getInputStream().readAllBytes();
    }
    private static String hex(byte[] data) { return String.format("%064x", new BigInteger(1, data)); }
    // The same at every start, another on every machine; hashed, so it tells no more.
    static String machineCode() throws Exception {
        var id = Pattern.compile("(?:^|REG_SZ +|\"IOPlatformUUID\" = \")([0-9A-Fa-f-]{32,36})\\b");
        for (var source : List.<Callable<byte[]>>of(() -> Files.readAllBytes(Path.of("/etc/machine-id")),
            () -> Files.readAllBytes(Path.of("/var/lib/dbus/machine-id")),
            () -> run("reg", "query", "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "/v", "MachineGuid", "/reg:64"),
            () -> run("ioreg", "-rd1", "-c", "IOPlatformExpertDevice"),
            () -> Files.readAllBytes(file("machine-id")))) try {
            var found = id.matcher(new String(source.call(), UTF_8));
            if (found.find()) return hex(KamiProof.hash(Kami.APP + ":" + found.group(1)));
        } catch (Exception notHere) {} // try the next
        write("machine-id", UUID.randomUUID().toString()); // a container, perhaps: make an id once and keep it
        return machineCode();
    }
    private static final long STARTED = clock(), SINCE = System.nanoTime();
    private static volatile double told; // when it started, by the newest proof since
    static long clock() { return System.currentTimeMillis() / 1000; }
    static double passed() { return (System.nanoTime() - SINCE) / 1e9; } // since it started, whatever the clock says
    static long now() { return Math.max(clock(), (long) ((told > 0 ? told : STARTED) + passed())); } // never goes back
    private String proof = "";
    private long latest, proven; // the latest moment seen, and that a proof told: a clock may have been wrong once
    private KamiFiles() {
        try {
            var kept = Json.parse(Files.readAllBytes(file("licence.json")));
            latest = (Long) kept.get("latest");
            proven = (Long) kept.get("proven");
            proof = (String) kept.get("proof");
        } catch (IOException | RuntimeException nothingIsKept) {}
    }
    private void keep() {
        try {
            write("licence.json", "{\"proof\":\"" + proof + "\",\"latest\":" + latest + ",\"proven\":" + proven + "}");
        } catch (IOException noPlace) {} // then it starts with network only
    }
    // What is proven of an answer, which is remembered.
    static Map<String, Object> proven(Map<String, Object> said, String what, Map<String, String> asked, String body,
            int status) throws Exception {
        var kept = new KamiFiles();
        var moment = Math.max(Math.max(clock(), kept.proven), (long) (told + passed())); // not by a clock put right
        var says = KamiProof.check(Kami.ROOT_KEYS, said, "POST /api/" + what, asked, body, status, moment);
        told = (Long) says.get("iat") - passed();
        var answer = KamiProof.object(says.get("answer"));
        var isFinal = status < 500 && status != 408 && status != 429;
        var isGivenUp = Boolean.TRUE.equals(answer.getOrDefault("unbound", answer.get("released")));
        var isOver = what.equals("validate") && isFinal || isGivenUp;
        if (isOver && KamiProof.isOf(kept.proof, asked.get("code"))) kept.proof = ""; // a mistyped code ends nothing
        if (what.equals("validate") && says.containsKey("offline_until")) kept.proof = (String) said.get("proof");
        kept.latest = Math.max(clock(), (Long) says.get("iat"));
        kept.proven = Math.max(kept.proven, (Long) says.get("iat"));
        kept.keep();
        return says;
    }
    // What the kept proof says, if it lets this machine start.
    static Map<String, Object> lease(String code) throws Exception {
        var kept = new KamiFiles();
        kept.latest = Math.max(Math.max(kept.latest, kept.proven), now());
        var asked = Map.of("app", Kami.PRODUCT, "code", code, "machine_code", machineCode());
        var says = KamiProof.checkLease(Kami.ROOT_KEYS, kept.proof, asked, clock(), kept.latest);
        kept.keep();
        KamiProof.object(says.get("answer")).remove("renew_after"); // which may be long ago
        return says;
    }
    static final class Json { // strict: UTF-8, nothing behind it, no member twice
        private static final Pattern WORD = Pattern.compile(
            "true|false|null|-?(?:0|[1-9][0-9]{0,17})(?![0-9.eE])|" +
            "(-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)");
        private final String text;
        private int at;
        private Json(String text) { this.text = text; }
        static Map<String, Object> parse(byte[] bytes) throws IOException {
            var json = new Json(UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
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
}
