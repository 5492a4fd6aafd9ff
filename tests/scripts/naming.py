"""Unique names: clashes, letter case, scopes re-entered and left, absolute names, operator names."""


def build(tf):
    a = tf.constant(1.0, name="a")
    a1 = tf.constant(2.0, name="a")
    a2 = tf.constant(3.0, name="A")
    explicit = tf.constant(4.0, name="a_1")
    again = tf.constant(5.0, name="a")
    with tf.name_scope("outer") as outer:
        b = tf.add(a, a1)
        c = tf.add(a, a1)
        with tf.name_scope("inner"):
            d = a + a1
            e = a + b
        with tf.name_scope("inner"):
            f = a - a1
        with tf.name_scope(None):
            root = tf.multiply(a, b)
    with tf.name_scope("outer"):
        g = a * b
        h = -g
    with tf.name_scope(outer):
        i = tf.identity(g)
        j = tf.identity(g, name="Identity")
    with tf.name_scope("outer/"):
        k = tf.identity(h, name="add")
    with tf.name_scope("p/q"):
        m = tf.constant(6.0)
    clash = tf.constant(7.0, name="outer")
    with tf.name_scope("a"):
        n = tf.constant(8.0, name="leaf")
    with tf.name_scope("spot") as spot:
        o = tf.identity(a, name=spot)
    with tf.name_scope(None, "default", [a, b]) as scope:
        q = tf.add(a, b, name=scope)
    with tf.name_scope(None, "default", [a, b]):
        r = tf.add(a, 1.5)
    s = tf.add_n([a, a1, a2, explicit, again], name="total")
    t = tf.Variable(1.0, name="V")
    u = tf.Variable(1.0, name="v")
    fetches = dict(a=a, a1=a1, a2=a2, explicit=explicit, again=again, b=b, c=c, d=d, e=e, f=f, root=root, g=g, h=h, i=i, j=j, k=k, m=m,
                   clash=clash, n=n, o=o, q=q, r=r, s=s, t=t, u=u)
    return {"init": tf.global_variables_initializer(), "fetches": fetches}
