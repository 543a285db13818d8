// kami in Java 11+, without libraries: paste this, and what stands beside it but KamiCommand.java, and call
// Kami.validate(code) and so on off the UI thread. To try it as a command: javac Kami*.java && java KamiCommand CODE
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.*;
import java.security.SecureRandom;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.*;
import java.util.stream.*;

public final class Kami {
    static final String APP = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'
    static final String PRODUCT = "default"; // the app in kami that your cards are of
    static final String VERSION = "1.0.0"; // of your app: kami may tell of a newer one, or want one
    static final String SERVER = "http://127.0.0.1:5000"; // yours, with https
    static final double WAIT = 1, TIMEOUT = 10; // seconds
    static final List<String> ROOT_KEYS = List.of(); // what `kami keys pin` prints; with none, any server is believed

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    public enum Outcome { GRANTED, REFUSED, OUTAGE } // done; final, for the reason in message; nobody could tell
    public static final class Answer {
        public Outcome outcome = Outcome.OUTAGE;
        public String message = "";
        // The server's: "expire_at" (null: for ever), "points", "app": {"latest", "minimum", "url", "notice", "values"}
        // as far as your app in kami says them, "url" of a newer version than one that is refused; see openapi.yaml.
        public Map<String, Object> said = Map.of();
        public long wait; // how long to wait before the next question, where the server says it, in seconds
        long lasts, askAfter; // how long a running app may rely on it, and when it had best ask again
    }

    private static String nonce() {
        var nonce = new byte[32];
        RANDOM.nextBytes(nonce);
        return KamiProof.encode(nonce);
    }
    private static Answer askOnce(String what, double seconds, Map<String, String> fields) {
        var answer = new Answer();
        try {
            var asked = new TreeMap<>(fields);
            asked.put("machine_code", KamiDevice.machineCode());
            asked.put("app", PRODUCT);
            if (!ROOT_KEYS.isEmpty()) asked.put("nonce", nonce());
            var body = asked.entrySet().stream()
                .map(field -> KamiJson.quoted(field.getKey()) + ":" + KamiJson.quoted(field.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
            var request = HttpRequest.newBuilder(URI.create(SERVER.replaceAll("/+$", "") + "/api/" + what))
                .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
            var own = KamiDevice.own();
            if (own != null) request.header("Kami-Device", own.sign("POST /api/" + what, asked.get("nonce"), body));
            if (own != null) asked.put("device", own.thumbprint);
            var text = new ByteArrayOutputStream();
            var reply = HTTP.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArrayConsumer(part -> {
                text.writeBytes(part.orElse(new byte[0]));
                if (text.size() >= 1 << 18) throw new IllegalStateException("too long");
            })).get((long) (seconds * 1000), TimeUnit.MILLISECONDS);
            var status = reply.statusCode();
            answer.message = "HTTP " + status;
            var after = reply.headers().firstValue("Retry-After").filter(wish -> wish.matches("[0-9]{1,9}"));
            answer.wait = after.map(Long::valueOf).orElse(0L);
            var said = KamiJson.parse(text.toByteArray()); // a captive portal's page fails here
            long at = KamiFiles.clock(), until = at + 3600;
            if (!ROOT_KEYS.isEmpty()) {
                answer.message += ", no proof";
                var says = KamiFiles.proven(said, what, asked, body, status);
                said = KamiProof.object(says.get("answer"));
                at = (Long) says.get("iat");
                until = (Long) says.get("exp");
                answer.message = "HTTP " + status;
            }
            if (status == 200 && "success".equals(said.get("status"))) return KamiFiles.granted(said, at, until);
            if (status / 100 == 4 && "error".equals(said.get("status"))) {
                answer.message = Objects.requireNonNull((String) said.get("message"));
                answer.said = said;
                if (status != 408 && status != 429) answer.outcome = Outcome.REFUSED;
            }
        } catch (Exception error) { // whatever it was, nobody said yes or no
            if (answer.message.isEmpty()) answer.message = error.toString();
        }
        return answer;
    }
    private static Answer ask(String what, int tries, double seconds, Map<String, String> fields) {
        for (int attempt = 1;; attempt++) {
            var answer = askOnce(what, seconds, fields);
            if ("signature_expired".equals(answer.said.get("reason"))) // its proof told the moment to sign at
                answer = askOnce(what, seconds, fields);
            if (answer.outcome == Outcome.OUTAGE && attempt == tries)
                answer.message = "no usable answer from the licence server: " + answer.message;
            if (answer.outcome != Outcome.OUTAGE || attempt == tries) return answer;
            // The server's own wish counts, within limits; jitter spreads a crowd out.
            var pause = Math.max(WAIT * Math.pow(2, attempt - 1), Math.min(answer.wait, WAIT * 10));
            sleep(pause * (1 + RANDOM.nextDouble() / 2));
        }
    }
    private static void sleep(double seconds) {
        java.util.concurrent.locks.LockSupport.parkNanos((long) (seconds * 1e9));
    }

    public static Answer validate(String code) {
        var answer = ask("validate", 4, TIMEOUT, Map.of("code", code, "version", VERSION));
        if (answer.outcome == Outcome.OUTAGE && !ROOT_KEYS.isEmpty()) try {
            return KamiFiles.start(code);
        } catch (Exception noLease) {} // or none that lets it start now, nor a licence file
        return answer;
    }
    // Puts a licence file where validate finds it without a network, if it is one of this card for this machine.
    public static Answer keepLicence(String file, String code) { return KamiFiles.keepLicence(file, code); }
    // For another machine; three tries are within the minute in which a repeated one costs nothing.
    public static Answer unbind(String code) { return ask("unbind", 3, TIMEOUT, Map.of("code", code)); }
    // One for each machine: keep its "code", and validate that from then on.
    public static Answer trial() { return ask("trial", 4, TIMEOUT, Map.of("version", VERSION)); }
    // Adds to the card what another one has, which is gone then.
    public static Answer recharge(String code, String burnt) {
        return ask("recharge", 4, TIMEOUT, Map.of("code", code, "with", burnt));
    }
    // Gives a leased seat back, at the end of an app.
    public static Answer release(String code) { return ask("release", 1, 2, Map.of("code", code)); }

    // Asks again while the app runs; stop gets, in a thread, the answer with which it has to end. What is returned is
    // called when the app ends by itself.
    public static Runnable watch(String code, Answer first, Consumer<Answer> stop) {
        var end = new CountDownLatch(1);
        var thread = new Thread(() -> {
            var answer = first;
            try {
                for (double until = 0; answer.outcome != Outcome.REFUSED; answer = validate(code)) {
                    var pause = (until - KamiFiles.passed()) / 2;
                    if (answer.outcome == Outcome.GRANTED) {
                        until = KamiFiles.passed() + answer.lasts;
                        pause = answer.askAfter;
                    } else if (pause <= 0) break;
                    if (end.await((long) (Math.max(pause, WAIT) * 1000), TimeUnit.MILLISECONDS)) return;
                }
            } catch (InterruptedException ended) { return; }
            if (end.getCount() > 0) stop.accept(answer);
        }, "kami");
        thread.setDaemon(true);
        thread.start();
        return end::countDown;
    }
}
