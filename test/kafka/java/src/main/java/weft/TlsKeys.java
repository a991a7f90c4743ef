package weft;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Makes an authority, and certificates signed by it for a broker at 127.0.0.1 and for the client "ann", in every form that clients are
 * given: PEM, PKCS #12 and JKS. A second authority, which nobody trusts, signs for "eve".
 *
 * Argument: the folder to write into. Password of everything: "secret-of-stores".
 */
public final class TlsKeys {
    private static final String PASSWORD = "secret-of-stores";
    private final Path folder;

    private TlsKeys(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        TlsKeys keys = new TlsKeys(Path.of(args[0]));
        keys.authority("authority", "CN=weft test authority");
        keys.authority("stranger", "CN=nobody trusts this authority");
        keys.signed("broker", "CN=broker", "authority", "san=ip:127.0.0.1,dns:broker.test");
        keys.signed("elsewhere", "CN=elsewhere", "authority", "san=dns:elsewhere.test");
        keys.signed("ann", "CN=ann", "authority", "eku=clientAuth");
        keys.signed("eve", "CN=eve", "stranger", "eku=clientAuth");
        keys.trust("trust.p12", "PKCS12");
        keys.trust("trust.jks", "JKS");
        keys.writePem("ann");
        keys.writePem("eve");
        keys.keytool("-importkeystore", "-srckeystore", keys.file("ann.p12"), "-srcstorepass", PASSWORD, "-destkeystore",
            keys.file("ann.jks"), "-deststoretype", "JKS", "-deststorepass", PASSWORD);
    }

    private void authority(String name, String subject) throws Exception {
        keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", subject, "-ext", "bc:c", "-validity", "2",
            "-keystore", file(name + ".p12"), "-storetype", "PKCS12", "-storepass", PASSWORD);
        Files.writeString(folder.resolve(name + ".pem"), pem("CERTIFICATE", load(name).getCertificate(name).getEncoded()));
    }

    private void signed(String name, String subject, String authority, String extension) throws Exception {
        String store = file(name + ".p12");
        keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", subject, "-validity", "2",
            "-keystore", store, "-storetype", "PKCS12", "-storepass", PASSWORD);
        keytool("-certreq", "-alias", name, "-keystore", store, "-storepass", PASSWORD, "-file", file(name + ".csr"));
        keytool("-gencert", "-alias", authority, "-keystore", file(authority + ".p12"), "-storepass", PASSWORD,
            "-infile", file(name + ".csr"), "-outfile", file(name + ".crt"), "-ext", extension, "-validity", "2", "-rfc");
        keytool("-importcert", "-noprompt", "-alias", authority, "-keystore", store, "-storepass", PASSWORD,
            "-file", file(authority + ".pem"));
        keytool("-importcert", "-noprompt", "-alias", name, "-keystore", store, "-storepass", PASSWORD,
            "-file", file(name + ".crt"));
    }

    private void trust(String file, String type) throws Exception {
        keytool("-importcert", "-noprompt", "-alias", "authority", "-keystore", file(file), "-storetype", type,
            "-storepass", PASSWORD, "-file", file("authority.pem"));
    }

    /** Certificates as NAME.pem, the key as NAME.key. */
    private void writePem(String name) throws Exception {
        KeyStore store = load(name);
        StringBuilder chain = new StringBuilder();
        for (Certificate certificate : store.getCertificateChain(name)) chain.append(pem("CERTIFICATE", certificate.getEncoded()));
        Key key = store.getKey(name, PASSWORD.toCharArray());
        Files.writeString(folder.resolve(name + ".pem"), chain);
        Files.writeString(folder.resolve(name + ".key"), pem("PRIVATE KEY", key.getEncoded()));
    }

    private KeyStore load(String name) throws Exception {
        return KeyStore.getInstance(folder.resolve(name + ".p12").toFile(), PASSWORD.toCharArray());
    }

    private static String pem(String label, byte[] bytes) {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    /** The tool itself in this process: starting it twenty times would take as long as the rest of the test. */
    private void keytool(String... arguments) throws Exception {
        Method main = Class.forName("sun.security.tools.keytool.Main").getMethod("main", String[].class);
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        main.invoke(null, (Object) all.toArray(String[]::new));
    }
}
