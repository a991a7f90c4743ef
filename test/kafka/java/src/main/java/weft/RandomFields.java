package weft;

import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/** Sets each field that a message's version has to something random, null where it may be; others keep their defaults. */
final class RandomFields {
    private final Random random;

    RandomFields(Random random) {
        this.random = random;
    }

    void fill(Object message, Schema schema) throws ReflectiveOperationException {
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields tagged) {
                for (Object tag : tagsOf(tagged).values()) {
                    org.apache.kafka.common.protocol.types.Field def = (org.apache.kafka.common.protocol.types.Field) tag;
                    if (random.nextBoolean()) set(message, def.name, def.type);
                }
            } else {
                set(message, bound.def.name, bound.def.type);
            }
        }
    }

    /** Past the method that gives them, which the older client has not. */
    private static Map<?, ?> tagsOf(TaggedFields tagged) throws ReflectiveOperationException {
        Field fields = TaggedFields.class.getDeclaredField("fields");
        fields.setAccessible(true);
        return (Map<?, ?>) fields.get(tagged);
    }

    private void set(Object message, String name, Type type) throws ReflectiveOperationException {
        Field field = fieldOf(message.getClass(), name);
        field.setAccessible(true);
        field.set(message, valueFor(field, type));
    }

    private Object valueFor(Field field, Type type) throws ReflectiveOperationException {
        if (type.isNullable() && random.nextInt(4) == 0) return null;
        if (type.isArray()) return array(field, type.arrayElementType().orElseThrow());
        return value(field.getType(), type);
    }

    private Object array(Field field, Type element) throws ReflectiveOperationException {
        Class<?> elementClass = elementClass(field);
        int count = random.nextInt(4);
        @SuppressWarnings("unchecked")
        Collection<Object> all = field.getType() == List.class
            ? new ArrayList<>()
            : (Collection<Object>) field.getType().getConstructor(int.class).newInstance(count);
        for (int i = 0; i < count; i++) all.add(value(elementClass, element));
        return all;
    }

    private static Class<?> elementClass(Field field) {
        java.lang.reflect.Type generic =
            field.getType() == List.class ? field.getGenericType() : field.getType().getGenericSuperclass();
        return (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
    }

    private Object value(Class<?> type, Type wire) throws ReflectiveOperationException {
        if (wire instanceof Schema schema) {
            Object struct = type.getConstructor().newInstance();
            fill(struct, schema);
            return struct;
        }
        if (type == boolean.class || type == Boolean.class) return random.nextBoolean();
        if (type == byte.class || type == Byte.class) return (byte) random.nextInt();
        if (type == short.class || type == Short.class) return (short) random.nextInt();
        if (type == int.class || type == Integer.class) return wire == Type.UINT16 ? random.nextInt(65_536) : random.nextInt();
        if (type == long.class || type == Long.class) return wire == Type.UNSIGNED_INT32 ? random.nextLong(1L << 32) : safeLong();
        if (type == double.class || type == Double.class) return random.nextGaussian();
        if (type == String.class) return text();
        if (type == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
        if (type == byte[].class) return bytes();
        if (type == ByteBuffer.class) return ByteBuffer.wrap(bytes());
        return records(type);
    }

    /** Weft's numbers reach to 2^53; the two ends of the range stand for themselves. */
    private long safeLong() {
        return switch (random.nextInt(8)) {
            case 0 -> Long.MAX_VALUE;
            case 1 -> -1;
            case 2 -> random.nextInt();
            default -> random.nextLong(-(1L << 53) + 1, 1L << 53);
        };
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(10) == 0 ? 200 : random.nextInt(12);
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(random.nextInt(8) == 0 ? 0x1F300 + random.nextInt(200) : 0x20 + random.nextInt(300));
        }
        return text.toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(10) == 0 ? 300 : random.nextInt(20)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Records stand in another package in older clients, beside the interface that the field has as its type. */
    private Object records(Class<?> type) throws ReflectiveOperationException {
        Class<?> memory = Class.forName(type.getPackageName() + ".MemoryRecords");
        return memory.getMethod("readableRecords", ByteBuffer.class).invoke(null, ByteBuffer.wrap(bytes()));
    }

    /** A schema names in snake case what the class has in camel case. */
    private static Field fieldOf(Class<?> type, String snake) throws NoSuchFieldException {
        String name = snake.replace("_", "");
        for (Field field : type.getDeclaredFields()) {
            if (field.getName().equalsIgnoreCase(name)) return field;
        }
        throw new NoSuchFieldException(type.getName() + " " + snake);
    }
}
