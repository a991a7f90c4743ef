package weft;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** Lets a user do things. Arguments: bootstrap, user, then any number of TYPE NAME OPERATION, such as TOPIC orders DESCRIBE. */
public final class GrantRights {
    private GrantRights() {
    }

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", args[0]);
        List<AclBinding> rights = new ArrayList<>();
        for (int i = 2; i + 2 < args.length; i += 3) {
            ResourcePattern on = new ResourcePattern(ResourceType.valueOf(args[i]), args[i + 1], PatternType.LITERAL);
            AclOperation what = AclOperation.valueOf(args[i + 2]);
            rights.add(new AclBinding(on, new AccessControlEntry("User:" + args[1], "*", what, AclPermissionType.ALLOW)));
        }
        try (Admin admin = Admin.create(config)) {
            admin.createAcls(rights).all().get();
            // A broker learns a little later of what it has promised.
            while (!admin.describeAcls(AclBindingFilter.ANY).values().get().containsAll(rights)) Thread.sleep(20);
        }
    }
}
