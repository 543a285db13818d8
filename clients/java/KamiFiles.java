// What is kept on the machine, and starting by it without a network: goes beside Kami.java.
import static java.nio.charset.StandardCharsets.*;

import java.io.IOException;
import java.nio.file.*;
import java.time.OffsetDateTime;
import java.util.*;
import java.util.function.ToLongFunction;

final class KamiFiles {
    static Path file(String name) { // in the folder of your app
        var config = Arrays.asList("APPDATA", "XDG_CONFIG_HOME").stream().map(System::getenv)
            .filter(path -> path != null && !path.isEmpty()).findFirst();
        return Path.of(config.orElse(System.getenv("HOME") + "/.config"), Kami.APP, name);
    }
    static void write(String name, String text, boolean replaces) throws IOException { // for nobody else, and at once
        Files.createDirectories(file(name).getParent());
        var half = Files.createTempFile(file(name).getParent(), name, null);
        try {
            Files.write(half, text.getBytes(UTF_8), StandardOpenOption.WRITE, StandardOpenOption.SYNC);
            if (!replaces) Files.createLink(file(name), half);
            else Files.move(half, file(name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(half);
        }
    }
    private static final long STARTED = clock(), SINCE = System.nanoTime();
    private static volatile double told; // when it started, by the newest proof since
    static long clock() { return System.currentTimeMillis() / 1000; }
    static double passed() { return (System.nanoTime() - SINCE) / 1e9; } // since it started, whatever the clock says
    static long now() { return Math.max(clock(), (long) ((told > 0 ? told : STARTED) + passed())); } // never goes back
    static long moment() { return told > 0 ? (long) (told + passed()) : clock(); } // the server's, where it told one
    private String proof = "";
    private long latest, proven; // the latest moment seen, and that a proof told: a clock may have been wrong once
    private Object sequence = 0L; // the last that the server told this device
    private KamiFiles() {
        try {
            var kept = KamiJson.parse(Files.readAllBytes(file("licence.json")));
            latest = (Long) kept.get("latest");
            proven = (Long) kept.get("proven");
            proof = (String) kept.get("proof");
            sequence = kept.getOrDefault("sequence", 0L);
        } catch (IOException | RuntimeException nothingIsKept) {}
    }
    private void keep() {
        try {
            write("licence.json", "{\"proof\":\"" + proof + "\",\"latest\":" + latest + ",\"proven\":" + proven
                + ",\"sequence\":" + sequence + "}", true);
        } catch (IOException noPlace) {} // then it starts with network only
    }
    static Object sequence() { return new KamiFiles().sequence; }
    // Whether a kept proof is about this card.
    private static boolean isOf(String proof, String code) {
        try {
            var says = new KamiProof(proof, "kami-proof+jws").payload;
            return KamiProof.digest(says.get("nonce"), code).equals(says.get("code"));
        } catch (Exception isNone) {
            return false;
        }
    }
    // What is proven of an answer, which is remembered.
    static Map<String, Object> proven(Map<String, Object> said, String what, Map<String, String> asked, String body,
            int status) throws Exception {
        var moment = Math.max(Math.max(clock(), new KamiFiles().proven), (long) (told + passed())); // not one put right
        var says = KamiProof.check(Kami.ROOT_KEYS, said, "POST /api/" + what, asked, body, status, moment);
        told = (Long) says.get("iat") - passed();
        var kept = new KamiFiles(); // another process may have kept something meanwhile
        var answer = KamiProof.object(says.get("answer"));
        var isFinal = status < 500 && status != 408 && status != 429;
        isFinal &= !"signature_expired".equals(answer.get("reason"));
        var isGivenUp = Boolean.TRUE.equals(answer.getOrDefault("unbound", answer.get("released")));
        var isOver = what.equals("validate") && isFinal || isGivenUp;
        if (isOver && isOf(kept.proof, asked.get("code"))) kept.proof = ""; // a mistyped code ends nothing
        if (what.equals("validate") && says.containsKey("offline_until")) kept.proof = (String) said.get("proof");
        if (answer.get("device_sequence") instanceof Long) kept.sequence = answer.get("device_sequence");
        kept.latest = Math.max(clock(), (Long) says.get("iat"));
        kept.proven = Math.max(kept.proven, (Long) says.get("iat"));
        kept.keep();
        return says;
    }
    interface Check {
        Map<String, Object> by(List<String> roots, Object text, Map<String, String> asked, long clock, long latest)
            throws Exception;
    }
    // By the kept lease, else by a licence file, if one of them lets this machine start.
    static Kami.Answer start(String code) throws Exception {
        try {
            return start(code, KamiProof::checkLease, new KamiFiles().proof);
        } catch (Exception noLease) {
            return start(code, KamiDevice::checkLicence, Files.readString(file("licence.txt"), ISO_8859_1));
        }
    }
    private static Kami.Answer start(String code, Check check, String text) throws Exception {
        var seen = new KamiFiles();
        var latest = Math.max(Math.max(seen.latest, seen.proven), now());
        var asked = new TreeMap<>(Map.of("app", Kami.PRODUCT, "code", code, "machine_code", KamiDevice.machineCode()));
        var own = KamiDevice.own();
        if (own != null) asked.put("device", own.thumbprint);
        var says = check.by(Kami.ROOT_KEYS, text, asked, clock(), latest);
        var kept = new KamiFiles();
        kept.latest = latest;
        kept.keep();
        var answer = KamiProof.object(says.get("answer"));
        answer.remove("renew_after"); // which may be long ago
        return granted(answer, clock(), (Long) says.get("offline_until"));
    }
    static Kami.Answer granted(Map<String, Object> said, long at, long until) { // said then, good until then
        ToLongFunction<String> from = name ->
            said.get(name) == null ? until - at : OffsetDateTime.parse((String) said.get(name)).toEpochSecond() - at;
        var answer = new Kami.Answer();
        answer.outcome = Kami.Outcome.GRANTED;
        answer.message = Objects.toString(said.get("message"), "");
        answer.said = said;
        answer.lasts = Math.min(3600, Math.min(until - at, from.applyAsLong("lease_until")));
        answer.askAfter = Math.min(answer.lasts / 2, Math.max(from.applyAsLong("renew_after"), 1));
        return answer;
    }
    static Kami.Answer keepLicence(String file, String code) {
        try {
            var text = Files.readString(Path.of(file), ISO_8859_1);
            var answer = start(code, KamiDevice::checkLicence, text);
            write("licence.txt", text, true);
            return answer;
        } catch (Exception noLicence) {
            var answer = new Kami.Answer();
            answer.outcome = Kami.Outcome.REFUSED;
            answer.message = "no licence of this card for this machine";
            return answer;
        }
    }
}
