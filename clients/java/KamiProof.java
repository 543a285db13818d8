// What is proven of an answer, by a key that a pinned one certified: goes beside Kami.java and the others.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.*;
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

    // P-256 by hand: some releases of Java take r for 0 (CVE-2022-21449), or not where x is beyond the order.
    private static BigInteger hex(String digits) { return new BigInteger(digits, 16); }
    private static final BigInteger P = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
        N = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        B = hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"), THREE = BigInteger.valueOf(3);
    private static final BigInteger[] ZERO = {BigInteger.ZERO, BigInteger.ONE, BigInteger.ZERO},
        G = {hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
            hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"), BigInteger.ONE};
    private static BigInteger by(BigInteger one, BigInteger other) { return one.multiply(other).mod(P); }
    // Two points, projective: the complete formulas of Renes, Costello and Batina (2015) for a = -3.
    private static BigInteger[] add(BigInteger[] one, BigInteger[] other) {
        BigInteger x = one[0], y = one[1], z = one[2], u = other[0], v = other[1], w = other[2];
        BigInteger xx = by(x, u), yy = by(y, v), zz = by(z, w), xy = by(x, v).add(by(y, u));
        BigInteger yz = by(y, w).add(by(z, v)), xz = by(x, w).add(by(z, u));
        BigInteger c = by(THREE, xz.subtract(by(B, zz))), d = by(THREE, by(B, xz).subtract(xx).subtract(by(THREE, zz)));
        BigInteger plus = yy.add(c), minus = yy.subtract(c), e = by(THREE, xx.subtract(zz));
        return new BigInteger[] {by(xy, plus).subtract(by(yz, d)), by(e, d).add(by(minus, plus)),
            by(yz, minus).add(by(xy, e))};
    }
    static boolean isScalar(BigInteger number) { return number.signum() > 0 && number.compareTo(N) < 0; }
    private static BigInteger number(byte[] in, int at) {
        return new BigInteger(1, Arrays.copyOfRange(in, at, at + 32));
    }
    static boolean isSigned(byte[] signed, byte[] signature, byte[] key) throws GeneralSecurityException { // ES256
        if (signature.length != 64 || key.length != 65 || key[0] != 4) return false; // r and s by the key 04, x, y
        BigInteger r = number(signature, 0), s = number(signature, 32), x = number(key, 1), y = number(key, 33);
        if (!isScalar(r) || !isScalar(s) || x.max(y).compareTo(P) >= 0) return false;
        if (!by(y, y).equals(by(by(x, x), x).subtract(by(THREE, x)).add(B).mod(P))) return false; // it is on the curve
        var back = s.modInverse(N);
        BigInteger a = new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(signed)).multiply(back).mod(N);
        BigInteger b = r.multiply(back).mod(N);
        BigInteger[] total = ZERO, own = {x, y, BigInteger.ONE};
        BigInteger[][] summands = {ZERO, G, own, add(G, own)};
        for (int bit = 255; bit >= 0; bit--)
            total = add(add(total, total), summands[(a.testBit(bit) ? 1 : 0) + (b.testBit(bit) ? 2 : 0)]);
        var z = total[2].mod(P);
        return z.signum() > 0 && by(total[0], z.modInverse(P)).mod(N).equals(r);
    }

    final Map<String, Object> header, payload;
    final byte[] signed, signature;
    KamiProof(Object text, String kind) throws GeneralSecurityException, java.io.IOException {
        need(text instanceof String && ((String) text).length() <= 32768, "its length");
        var parts = ((String) text).split("\\.", -1);
        need(parts.length == 3, "its form");
        header = KamiJson.parse(decode(parts[0]));
        payload = KamiJson.parse(decode(parts[1]));
        signed = (parts[0] + "." + parts[1]).getBytes(UTF_8);
        signature = decode(parts[2]);
        need("ES256".equals(header.get("alg")) && kind.equals(header.get("typ")), "its kind");
        need(!header.containsKey("crit"), "what it needs");
    }
    byte[] signer(List<String> roots) throws GeneralSecurityException { // the root key that did it; null: none
        for (var root : roots) if (isSigned(signed, signature, decode(root))) return decode(root);
        return null;
    }
    private static long moment(Map<String, Object> of, String name) { return (Long) of.get(name); }

    // What it says, once it is known to come from the holder of a root key.
    Map<String, Object> opened(List<String> roots, String app, long moment) throws Exception {
        var certified = new KamiProof(header.get("crt"), "kami-certificate+jws");
        Map<String, Object> certificate = certified.payload, jwk = object(certificate.get("jwk"));
        need(certified.signer(roots) != null, "not certified by a pinned key");
        need(certificate.get("kid").equals(header.get("kid")), "certified for another key");
        need(app.equals(certificate.getOrDefault("app", app)), "certified for another app");
        need(moment(certificate, "exp") > moment, "certified no more");
        need("EC".equals(jwk.get("kty")) && "P-256".equals(jwk.get("crv")), "another kind of key");
        var key = ByteBuffer.allocate(65).put((byte) 4).put(decode(jwk.get("x"))).put(decode(jwk.get("y"))).array();
        need(isSigned(signed, signature, key), "not by its key");
        var at = moment(payload, "iat");
        need(app.equals(payload.get("app")), "another app");
        need(moment(certificate, "iat") <= at && at < moment(certificate, "exp"), "its moment");
        return payload;
    }
    private static void agree(Map<String, Object> says, Map<String, String> asked, Object nonce) throws Exception {
        need(Objects.equals(says.get("code"), digest(nonce, asked.get("code"))), "another code");
        need(Objects.equals(says.get("machine"), digest(nonce, asked.get("machine_code"))), "another machine");
        need(nonce.equals(says.get("nonce")), "another request");
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
    // What is proven of an answer: asked is what the body was made of, and the thumbprint of the key that signed it.
    static Map<String, Object> check(List<String> roots, Map<String, Object> said, String route,
            Map<String, String> asked, String body, int status, long moment) throws Exception {
        var says = new KamiProof(said.get("proof"), "kami-proof+jws").opened(roots, asked.get("app"), moment);
        agree(says, asked, asked.get("nonce"));
        need(route.equals(says.get("route")) && moment(says, "status") == status, "another request");
        need(digest(says.get("nonce"), body).equals(says.get("request")), "another request");
        need(Objects.equals(says.get("device"), asked.get("device")), "another device");
        restore(object(says.get("answer")), said, says.get("nonce"));
        return says;
    }
    // The same of a kept lease, where it lets the app start.
    static Map<String, Object> checkLease(List<String> roots, Object proof, Map<String, String> asked, long clock,
            long latest) throws Exception {
        var says = new KamiProof(proof, "kami-proof+jws").opened(roots, asked.get("app"), Math.max(clock, latest));
        need("POST /api/validate".equals(says.get("route")) && moment(says, "status") == 200, "no validation");
        start(says, asked, clock, latest);
        restore(object(says.get("answer")), Map.of(), null);
        return says;
    }
    static void start(Map<String, Object> says, Map<String, String> asked, long clock, long latest) throws Exception {
        agree(says, asked, says.get("nonce"));
        need(!says.containsKey("device") || says.get("device").equals(asked.get("device")), "another device");
        need("success".equals(object(says.get("answer")).get("status")), "no admission");
        need(moment(says, "offline_until") > Math.max(clock, latest), "it is over");
        need(clock >= Math.max(latest, moment(says, "iat")) - 300, "the clock was turned back");
    }
}
