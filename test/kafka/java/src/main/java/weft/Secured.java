package weft;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A superuser gives another user SCRAM credentials and few rights; that one does what it may and what it may not. Prints the
 * errors that the Java client names, one line a step.
 *
 * Arguments: bootstrap, security protocol, file with the authority in PEM or {@code -}, mechanism, user and password of the superuser.
 */
public final class Secured {
    private static final String SECRET = "a=secret,of 'many' signs";
    private final String bootstrap;
    private final String protocol;
    private final String authority;

    private Secured(String[] args) {
        bootstrap = args[0];
        protocol = args[1];
        authority = args[2];
    }

    public static void main(String[] args) throws Exception {
        new Secured(args).run(args[3], args[4], args[5]);
    }

    private void run(String mechanism, String user, String password) throws Exception {
        try (Admin admin = Admin.create(config(mechanism, user, password))) {
            admin.createTopics(List.of(new NewTopic("open", 1, (short) 1), new NewTopic("closed", 1, (short) 1))).all().get();
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("clerk",
                new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), SECRET))).all().get();
            admin.createAcls(List.of(
                may(ResourceType.TOPIC, "open", PatternType.LITERAL, AclOperation.ALL),
                may(ResourceType.GROUP, "open-", PatternType.PREFIXED, AclOperation.READ),
                may(ResourceType.TRANSACTIONAL_ID, "open", PatternType.LITERAL, AclOperation.ALL))).all().get();
            print("rules", admin.describeAcls(AclBindingFilter.ANY).values().get().size());
            print("users", admin.describeUserScramCredentials().all().get().get("clerk").credentialInfos());
        }
        Properties clerk = config("SCRAM-SHA-512", "clerk", SECRET);
        print("write open", write(clerk, "open", null));
        print("write closed", write(clerk, "closed", null));
        print("transaction open", write(clerk, "open", "open"));
        print("transaction closed", write(clerk, "open", "closed"));
        print("group open", read(clerk, "open", "open-readers"));
        print("group closed", read(clerk, "open", "closed-readers"));
        print("topic closed", read(clerk, "closed", "open-readers"));
        print("create", create(clerk));
        print("wrong password", create(config("SCRAM-SHA-512", "clerk", "wrong")));
        print("unknown user", create(config("SCRAM-SHA-256", "nobody", "wrong")));
    }

    private static AclBinding may(ResourceType type, String name, PatternType pattern, AclOperation operation) {
        return new AclBinding(new ResourcePattern(type, name, pattern),
            new AccessControlEntry("User:clerk", "*", operation, AclPermissionType.ALLOW));
    }

    private String write(Properties config, String topic, String transactionalId) throws Exception {
        Properties own = new Properties();
        own.putAll(config);
        if (transactionalId != null) own.put("transactional.id", transactionalId);
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(own, new StringSerializer(), new StringSerializer())) {
            if (transactionalId != null) {
                producer.initTransactions();
                producer.beginTransaction();
            }
            producer.send(new ProducerRecord<>(topic, "k", "v")).get();
            if (transactionalId != null) producer.commitTransaction();
            return "done";
        } catch (ExecutionException e) {
            return e.getCause().getClass().getSimpleName();
        } catch (org.apache.kafka.common.KafkaException e) {
            return e.getClass().getSimpleName();
        }
    }

    private String read(Properties config, String topic, String group) {
        Properties own = new Properties();
        own.putAll(config);
        own.put("group.id", group);
        own.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadline = System.currentTimeMillis() + 20_000;
            while (System.currentTimeMillis() < deadline)
                if (!consumer.poll(Duration.ofMillis(200)).isEmpty()) return "done";
            return "nothing";
        } catch (org.apache.kafka.common.KafkaException e) {
            return e.getClass().getSimpleName();
        }
    }

    private String create(Properties config) throws Exception {
        try (Admin admin = Admin.create(config)) {
            admin.createTopics(List.of(new NewTopic("other", 1, (short) 1))).all().get();
            return "done";
        } catch (ExecutionException e) {
            return e.getCause().getClass().getSimpleName();
        }
    }

    private Properties config(String mechanism, String user, String password) {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("security.protocol", protocol);
        config.put("sasl.mechanism", mechanism);
        String module = mechanism.equals("PLAIN")
            ? "org.apache.kafka.common.security.plain.PlainLoginModule"
            : "org.apache.kafka.common.security.scram.ScramLoginModule";
        config.put("sasl.jaas.config",
            module + " required username=\"" + user + "\" password=\"" + password.replace("\"", "\\\"") + "\";");
        if (!authority.equals("-"))
            config.putAll(Map.of("ssl.truststore.type", "PEM", "ssl.truststore.location", authority));
        return config;
    }

    private static void print(String step, Object seen) {
        System.out.println(step.replace(' ', '_') + " " + seen);
    }
}
