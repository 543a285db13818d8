// What is of this device, its id and the key that signs requests, and licences in files: goes beside Kami.java.
// Hardware keeps a key better: on Android one made with KeyGenParameterSpec and setIsStrongBoxBacked in
// "AndroidKeyStore", on Windows by NCryptCreatePersistedKey with MS_PLATFORM_CRYPTO_PROVIDER.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.security.*;
import java.security.interfaces.*;
import java.security.spec.*;
import java.util.*;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

final class KamiDevice {
    private static byte[] run(String... command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start().getInputStream().readAllBytes();
    }
    // The same at every start, another on every machine; hashed, so it tells no more.
    static String machineCode() throws Exception {
        var id = Pattern.compile("(?:^|REG_SZ +|\"IOPlatformUUID\" = \")([0-9A-Fa-f-]{32,36})\\b");
        for (var source : List.<Callable<byte[]>>of(() -> Files.readAllBytes(Path.of("/etc/machine-id")),
            () -> Files.readAllBytes(Path.of("/var/lib/dbus/machine-id")),
            () -> run("reg", "query", "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "/v", "MachineGuid", "/reg:64"),
            () -> run("ioreg", "-rd1", "-c", "IOPlatformExpertDevice"),
            () -> Files.readAllBytes(KamiFiles.file("machine-id")))) try {
            var found = id.matcher(new String(source.call(), UTF_8));
            if (found.find())
                return String.format("%064x", new BigInteger(1, KamiProof.hash(Kami.APP + ":" + found.group(1))));
        } catch (Exception notHere) {} // try the next
        KamiFiles.write("machine-id", UUID.randomUUID().toString(), true); // a container, perhaps: make an id, keep it
        return machineCode();
    }

    private static String jwk(byte[] point) { // of 04, x, y, as RFC 7638 has it
        return "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" + KamiProof.encode(Arrays.copyOfRange(point, 1, 33))
            + "\",\"y\":\"" + KamiProof.encode(Arrays.copyOfRange(point, 33, 65)) + "\"}";
    }
    static String thumbprint(byte[] point) throws GeneralSecurityException {
        return KamiProof.encode(KamiProof.hash(jwk(point)));
    }
    private static byte[] bytes(BigInteger number) { // 32 of them
        return Arrays.copyOfRange(number.setBit(256).toByteArray(), 1, 33);
    }
    private static byte[] point(byte[] x, byte[] y) {
        return ByteBuffer.allocate(65).put((byte) 4).put(x).put(y).array();
    }

    private final PrivateKey key;
    private final byte[] point;
    final String thumbprint;
    private KamiDevice(Map<String, Object> own) throws Exception { // a private JWK (RFC 7517)
        byte[] d = KamiProof.decode(own.get("d")), x = KamiProof.decode(own.get("x"));
        point = point(x, KamiProof.decode(own.get("y")));
        var curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        var spec = new ECPrivateKeySpec(new BigInteger(1, d), curve.getParameterSpec(ECParameterSpec.class));
        key = KeyFactory.getInstance("EC").generatePrivate(spec);
        thumbprint = thumbprint(point);
        var isItsKind = "EC".equals(own.get("kty")) && "P-256".equals(own.get("crv")) && d.length == 32;
        KamiProof.need(isItsKind && KamiProof.isScalar(spec.getS()), "another kind of key");
        KamiProof.need(x.length == 32 && KamiProof.isSigned(point, signature(point), point), "its point");
    }
    private static void make() throws Exception {
        var maker = KeyPairGenerator.getInstance("EC");
        maker.initialize(new ECGenParameterSpec("secp256r1"));
        var pair = maker.generateKeyPair();
        var at = ((ECPublicKey) pair.getPublic()).getW();
        var d = KamiProof.encode(bytes(((ECPrivateKey) pair.getPrivate()).getS()));
        var jwk = jwk(point(bytes(at.getAffineX()), bytes(at.getAffineY())));
        try {
            KamiFiles.write("device.json", "{\"d\":\"" + d + "\"," + jwk.substring(1), false);
        } catch (FileAlreadyExistsException another) {} // was first
    }
    // That of device.json, which is made once and never replaced; null without root keys, or where there is no place.
    static KamiDevice own() {
        if (!Kami.ROOT_KEYS.isEmpty()) try {
            if (Files.notExists(KamiFiles.file("device.json"), LinkOption.NOFOLLOW_LINKS)) make();
            return new KamiDevice(KamiJson.parse(Files.readAllBytes(KamiFiles.file("device.json"))));
        } catch (Exception noKey) {} // the server says whether it wants one
        return null;
    }
    private byte[] signature(byte[] content) throws GeneralSecurityException {
        var signer = Signature.getInstance("SHA256withECDSAinP1363Format");
        signer.initSign(key);
        signer.update(content);
        return signer.sign();
    }
    // What the header Kami-Device says of a request.
    String sign(String route, String nonce, String body) throws GeneralSecurityException {
        var header = "{\"alg\":\"ES256\",\"typ\":\"kami-device+jws\",\"jwk\":" + jwk(point) + "}";
        var payload = "{\"iat\":" + KamiFiles.moment() + ",\"nonce\":\"" + nonce + "\",\"route\":\"" + route
            + "\",\"request\":\"" + KamiProof.digest(nonce, body) + "\",\"sequence\":" + KamiFiles.sequence() + "}";
        var signed = KamiProof.encode(header.getBytes(UTF_8)) + "." + KamiProof.encode(payload.getBytes(UTF_8));
        return signed + "." + KamiProof.encode(signature(signed.getBytes(UTF_8)));
    }

    private static final Pattern LICENCE =
        Pattern.compile("-----BEGIN KAMI LICENCE-----(.*?)-----END KAMI LICENCE-----", Pattern.DOTALL);

    // What a licence file says, where it lets the app start: by a certified key, or by a root key itself.
    static Map<String, Object> checkLicence(List<String> roots, Object file, Map<String, String> asked, long clock,
            long latest) throws Exception {
        var found = LICENCE.matcher((String) file);
        KamiProof.need(found.find(), "no licence file");
        var text = found.group(1).replaceAll("\\s", "");
        var licence = new KamiProof(text, "kami-licence+jws");
        var says = licence.payload;
        if (licence.header.containsKey("crt")) licence.opened(roots, asked.get("app"), Math.max(clock, latest));
        else {
            var root = licence.signer(roots);
            KamiProof.need(root != null && thumbprint(root).equals(licence.header.get("kid")), "not by a pinned key");
        }
        KamiProof.need(asked.get("app").equals(says.get("app")), "another app");
        says.put("offline_until", says.getOrDefault("exp", Long.MAX_VALUE));
        KamiProof.start(says, asked, clock, latest);
        return says;
    }
}
