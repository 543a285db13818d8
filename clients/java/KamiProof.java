// What is proven of an answer, by a key that a pinned one certified: goes beside Kami.java and KamiFiles.java.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.*;
import java.security.spec.X509EncodedKeySpec;
import java.util.*;

final class KamiProof {
    static void need(boolean fact, String what) {
        if (!fact) throw new IllegalArgumentException("not proven: " + what);
    }
    static byte[] hash(String text) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    }
    static String encode(byte[] data) { return Base64.getUrlEncoder().withoutPadding().encodeToString(data); }
    static byte[] decode(Object text) { // the one way to write it, and no other
        var data = Base64.getUrlDecoder().decode((String) text);
        need(encode(data).equals(text), "base64");
        return data;
    }
    static String digest(Object nonce, Object text) throws GeneralSecurityException {
        return text == null ? null : encode(hash(nonce + ":" + text));
    }
    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) { // an empty one, where it is none
        return value instanceof Map ? (Map<String, Object>) value : Map.of();
    }

    private static final BigInteger ORDER = new BigInteger( // of P-256
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
    private static final byte[] BEFORE = decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA"); // a point of it (RFC 5480)

    // ES256: r and s by the key 04, x, y.
    static boolean isSigned(byte[] signed, byte[] signature, byte[] key) throws GeneralSecurityException {
        if (signature.length != 64 || key.length != 65 || key[0] != 4) return false;
        for (int from = 0; from < 64; from += 32) { // Java 15 to 18 took 0 (CVE-2022-21449)
            var number = new BigInteger(1, Arrays.copyOfRange(signature, from, from + 32));
            if (number.signum() == 0 || number.compareTo(ORDER) >= 0) return false;
        }
        var info = ByteBuffer.allocate(BEFORE.length + 65).put(BEFORE).put(key).array();
        var verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
        verifier.initVerify(KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(info)));
        verifier.update(signed);
        return verifier.verify(signature);
    }

    final Map<String, Object> header, payload;
    final byte[] signed, signature;
    KamiProof(Object text, String kind) throws GeneralSecurityException, java.io.IOException {
        need(text instanceof String && ((String) text).length() <= 32768, "its length");
        var parts = ((String) text).split("\\.", -1);
        need(parts.length == 3, "its form");
        header = KamiFiles.Json.parse(decode(parts[0]));
        payload = KamiFiles.Json.parse(decode(parts[1]));
        signed = (parts[0] + "." + parts[1]).getBytes(UTF_8);
        signature = decode(parts[2]);
        need("ES256".equals(header.get("alg")) && kind.equals(header.get("typ")), "its kind");
        need(!header.containsKey("crit"), "what it needs");
    }
    private static long moment(Map<String, Object> of, String name) { return (Long) of.get(name); }

    // What a proof says, once it is known to come from the holder of a root key.
    private static Map<String, Object> opened(List<String> roots, Object text, String app, long moment)
            throws Exception {
        var proof = new KamiProof(text, "kami-proof+jws");
        var certified = new KamiProof(proof.header.get("crt"), "kami-certificate+jws");
        Map<String, Object> says = proof.payload, certificate = certified.payload, jwk = object(certificate.get("jwk"));
        var isPinned = false;
        for (var root : roots) isPinned |= isSigned(certified.signed, certified.signature, decode(root));
        need(isPinned && certificate.get("kid").equals(proof.header.get("kid")), "not certified by a pinned key");
        need(app.equals(certificate.getOrDefault("app", app)), "certified for another app");
        need(moment(certificate, "exp") > moment, "certified no more");
        need("EC".equals(jwk.get("kty")) && "P-256".equals(jwk.get("crv")), "another kind of key");
        var key = ByteBuffer.allocate(65).put((byte) 4).put(decode(jwk.get("x"))).put(decode(jwk.get("y"))).array();
        need(isSigned(proof.signed, proof.signature, key), "not by its key");
        var at = moment(says, "iat");
        need(app.equals(says.get("app")), "another app");
        need(moment(certificate, "iat") <= at && at < moment(certificate, "exp"), "its moment");
        return says;
    }
    private static void agree(Map<String, Object> says, Map<String, String> asked, Object nonce, String route,
            int status) throws Exception {
        need(Objects.equals(says.get("code"), digest(nonce, asked.get("code"))), "another code");
        need(Objects.equals(says.get("machine"), digest(nonce, asked.get("machine_code"))), "another machine");
        need(nonce.equals(says.get("nonce")) && route.equals(says.get("route")), "another request");
        need(moment(says, "status") == status, "another status");
    }
    // An answer with the texts that it has only digests of; without them, where there is no nonce.
    private static void restore(Map<String, Object> answer, Map<String, Object> said, Object nonce) throws Exception {
        for (var member : answer.entrySet()) {
            Object value = member.getValue(), other = said.get(member.getKey());
            if (value instanceof Map) restore(object(value), object(other), nonce);
            else if (value instanceof String && ((String) value).startsWith("sha256:")) {
                need(nonce == null || value.equals("sha256:" + digest(nonce, (String) other)), "another text");
                member.setValue(other);
            }
        }
    }
    // Whether a kept proof is about this card.
    static boolean isOf(String proof, String code) {
        try {
            var says = new KamiProof(proof, "kami-proof+jws").payload;
            return digest(says.get("nonce"), code).equals(says.get("code"));
        } catch (Exception isNone) {
            return false;
        }
    }
    // What is proven of an answer: asked is what the body was made of.
    static Map<String, Object> check(List<String> roots, Map<String, Object> said, String route,
            Map<String, String> asked, String body, int status, long moment) throws Exception {
        var says = opened(roots, said.get("proof"), asked.get("app"), moment);
        agree(says, asked, asked.get("nonce"), route, status);
        need(digest(says.get("nonce"), body).equals(says.get("request")), "another request");
        restore(object(says.get("answer")), said, says.get("nonce"));
        return says;
    }
    // The same of a kept lease, where it lets the app start.
    static Map<String, Object> checkLease(List<String> roots, Object proof, Map<String, String> asked, long clock,
            long latest) throws Exception {
        var says = opened(roots, proof, asked.get("app"), Math.max(clock, latest));
        agree(says, asked, says.get("nonce"), "POST /api/validate", 200);
        need("success".equals(object(says.get("answer")).get("status")), "no admission");
        need(moment(says, "offline_until") > Math.max(clock, latest), "it is over");
        need(clock >= Math.max(latest, moment(says, "iat")) - 300, "the clock was turned back");
        restore(object(says.get("answer")), Map.of(), null);
        return says;
    }
}
