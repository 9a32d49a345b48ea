"""Targets that are left among the features, and ways to take them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllint.check import check

HEAD = """
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import *
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, StandardScaler

df = pd.read_csv("data.csv")
"""
END = """
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=.2)
m = RandomForestClassifier()
m.fit(X_train, y_train)
print(m.score(X_test, y_test))
"""

LEFT = {
    "alias": "X = df\ny = df['t']",
    "branch": """
import sys
if len(sys.argv)>1:
    df=pd.read_csv('a.csv')
else:
    df=pd.read_csv('b.csv').drop('z',axis=1)
X=df
y=df['t']
""",
    "compare y": "y = (df['q'] > 6).astype(int)\nX = df",
    "concat": "df=pd.concat([pd.read_csv('a.csv'),pd.read_csv('b.csv')])\nX=df\ny=df['t']",
    "constants": """
TARGET='t'
DROP=['id']
df=pd.read_csv('a.csv')
X=df.drop(columns=DROP)
y=df[TARGET]
""",
    "cross-validation": """
X=df
y=df['t']
print(cross_val_score(LogisticRegression(), X, y, cv=5))
""",
    "dataframe scaled": """
y=df['t']
X=pd.DataFrame(MinMaxScaler().fit_transform(df), columns=df.columns)
""",
    "selector": """
from sklearn.feature_selection import SelectKBest
kept=df.columns[SelectKBest(k=5).fit(df, df['t']).get_support()]
X=df.drop(columns='t')
y=df['t']
""",
    "derived apply": """
df['label'] = df['q'].apply(lambda q: 1 if q > 6 else 0)
X = df.drop(['label'], axis=1)
y = df['label']
""",
    "derived col": """
df['label'] = (df['q'] > 6).astype(int)
X = df.drop('label', axis=1)
y = df['label']
""",
    "derived np": """
df['label'] = np.where(df['q'] > 6, 1, 0)
X = df.drop('label', axis=1)
y = df['label']
""",
    "drop after wrong": "df.drop('t',axis=1)\nX=df\ny=df['t']",
    "drop id": "X = df.drop(['id'], axis=1)\ny = df.t",
    "dummies after": "df=pd.get_dummies(pd.read_csv('a.csv'))\nX=df\ny=df['t_yes']",
    "fillloop": """
for c in df.select_dtypes('number').columns:
    df[c].fillna(df[c].mean(), inplace=True)
y=df['t']
X=df
""",
    "functions": """
def prep(df):
    df = df.dropna()
    df['a'] = df['a'].astype(float)
    return df
def split(df, target):
    y = df[target]
    return train_test_split(df, y)
def main():
    df = prep(pd.read_csv('a.csv'))
    a,b,c,d = split(df, 't')
    m = LogisticRegression()
    m.fit(a, c)
main()
""",
    "grid": "X=df.copy()\ny=X['t']\ng=GridSearchCV(RandomForestClassifier(), {})\ng.fit(X,y)",
    "iloc all": "X=df.iloc[:, :].values\ny=df.iloc[:, -1].values",
    "iloc last": "X=df.iloc[:, 1:].values\ny=df.iloc[:, -1].values",
    "iloc over": "X=df.iloc[:, 0:5].values\ny=df.iloc[:, 4].values",
    "keras": """
from tensorflow import keras
from tensorflow.keras import layers
df=pd.read_csv('a.csv')
X=df.values
y=df['t'].values
m=keras.Sequential([layers.Dense(1)])
m.compile('adam','mse')
m.fit(X,y,epochs=3,validation_split=.2)
""",
    "kfold": """
X=df
y=df['t']
for tr,te in KFold(5).split(X):
    m=Ridge().fit(X.iloc[tr], y.iloc[tr])
    m.score(X.iloc[te], y.iloc[te])
""",
    "class": """
class Trainer:
    def __init__(self, path):
        self.df = pd.read_csv(path)
        self.model = RandomForestClassifier()
    def prepare(self):
        self.y = self.df['t']
        self.X = self.df.drop('id', axis=1)
    def run(self):
        self.prepare()
        a,b,c,d = train_test_split(self.X, self.y)
        self.model.fit(a, c)
Trainer('x').run()
""",
    "lambda y": "y = df['t'].apply(lambda v: 1 if v=='yes' else 0)\nX = df.fillna(0)",
    "encoder": "le=LabelEncoder()\ndf['t']=le.fit_transform(df['t'])\nX=df\ny=df['t']",
    "list": "features=['a','b','t']\nX=df[features]\ny=df['t']",
    "listconcat": "num=['a','b']\ncat=['c','t']\nX=df[num+cat]\ny=df['t']",
    "loc": "X=df.loc[:, ['a','t']]\ny=df.loc[:, 't']",
    "log": "df['logp'] = np.log1p(df['p'])\nX = df.drop(['logp'], axis=1)\ny = df['logp']",
    "loopenc": """
for c in df.columns:
    if df[c].dtype=='object':
        df[c]=LabelEncoder().fit_transform(df[c])
X=df
y=df['t']
""",
    "loopenc2": """
for c in ['a','b']:
    df[c]=LabelEncoder().fit_transform(df[c])
X=df.drop(columns='id')
y=df['t']
""",
    "map y": "y = df['t'].map({'a':1,'b':0})\nX = pd.get_dummies(df)",
    "merge": """
df=pd.read_csv('a.csv').merge(pd.read_csv('b.csv'), on='id')
X=df.drop('id',axis=1)
y=df['t']
""",
    "models loop": """
X=df
y=df['t']
a,b,c,d=train_test_split(X,y)
models={'rf':RandomForestClassifier(),'lr':LogisticRegression()}
for n,m in models.items():
    m.fit(a,c)
    print(m.score(b,d))
""",
    "array": "d=np.genfromtxt('a.csv',delimiter=',')\nX=d\ny=d[:,-1]",
    "pipe": """
X=df
y=df['t']
p=Pipeline([('i',SimpleImputer()),('s',StandardScaler()),('m',LogisticRegression())])
p.fit(X,y)
""",
    "rename": "df=df.rename(columns={'x':'t','q':'z'})\nX=df\ny=df['t']",
    "scaled": "y = df['t']\nX = StandardScaler().fit_transform(df)",
    "smote": """
from imblearn.over_sampling import SMOTE
df=pd.read_csv('a.csv')
X=df
y=df['t']
X,y=SMOTE().fit_resample(X,y)
""",
    "split frame": """
train, test = train_test_split(df)
m=Ridge()
m.fit(train, train['t'])
print(m.score(test, test['t']))
""",
    "to numpy": "X=df.to_numpy()\ny=df['t'].to_numpy()",
    "values": "X = df.values\ny = df['t'].values",
    "xgb": "X=df\ny=df['t']\nm=xgb.XGBClassifier()\nm.fit(X,y)",
}
TAKEN = {
    "autoencoder": "X=df.values\nRidge().fit(X,X)",
    "bunch": "from sklearn.datasets import load_iris\nd=load_iris()\nX=d['data']\ny=d['target']",
    "bunch2": """
from sklearn.datasets import load_iris
d=load_iris()
X=d.data[:, :2]
y=d.target
""",
    "catboost": """
from catboost import CatBoostClassifier
df=pd.read_csv('a.csv')
X=df
y=df['t']
CatBoostClassifier(ignored_features=['t']).fit(X,y)
""",
    "compcols": "cols=['a','b','t']\nf=[c for c in cols if c not in ('t',)]\nX=df[f]\ny=df['t']",
    "copylist": "c=['a','b','t']\nf=c.copy()\nf.remove('t')\nX=df[f]\ny=df['t']",
    "copylist2": "c=['a','b','t']\nf=c[:]\nf.remove('t')\nX=df[f]\ny=df['t']",
    "del list": "X=df\ny=df['t']\ndel X['t'], X['id']",
    "delete np": "d=np.loadtxt('a.csv')\ny=d[:,3]\nX=np.delete(d,3,axis=1)",
    "dellist": "cols=['a','b','t']\ndel cols[2]\nX=df[cols]\ny=df['t']",
    "diff": "df['y']=df['a']-df['b']\nX=df.drop('y',axis=1)\ny=df['y']",
    "drop range": "y=df['t']\nX=df.drop(df.columns[[0,5]],axis=1)",
    "drop reassign": "X=df\ny=df['t']\nX=X.drop(['t'],axis=1)",
    "drop var": """
import json
conf=json.load(open('c'))
y=df['t']
X=df.drop(conf['drop'],axis=1)
""",
    "dropcols idx": "y=df['t']\nX=df.drop(df.columns[-1],axis=1)",
    "dropeq": "y=df['t']\nX=df[df.columns.drop('t')]",
    "filter": "cols=['a','b','t']\nf=list(filter(lambda c:c!='t', cols))\nX=df[f]\ny=df['t']",
    "filterm": "y=df['t']\nX=df.filter(regex='f_')",
    "frame": """
from sklearn.datasets import load_diabetes
d=load_diabetes(as_frame=True)
X=d.data
y=d.target
""",
    "func mut": """
def split(df):
    y=df['t']
    df.drop('t',axis=1,inplace=True)
    return y
df=pd.read_csv('a.csv')
y=split(df)
X=df
""",
    "func pop": """
def split(data, target='t'):
    data=data.copy()
    y=data.pop(target)
    return data, y
df=pd.read_csv('a.csv')
X,y=split(df)
""",
    "hstack": "d=np.loadtxt('a.csv')\ny=d[:,3]\nX=np.hstack([d[:,:3],d[:,4:]])",
    "if in": "y=df['t']\nif 't' in df.columns:\n    df=df.drop('t',axis=1)\nX=df",
    "impute": "known=df[df.age.notnull()]\nX=known[['a','b']]\ny=known['age']",
    "join dummy": """
y=df['t']
X=pd.concat([df.drop(['t','c'],axis=1),pd.get_dummies(df['c'])],axis=1)
""",
    "class": """
class D:
    def __init__(self):
        self.df=pd.read_csv('a.csv')
        self.y=self.df['t']
        self.df.drop('t',axis=1,inplace=True)
    def fit(self):
        X=self.df
        y=self.y
        RandomForestClassifier().fit(X,y)
D().fit()
""",
    "listargs": """
data=[df]
y=df['t']
for d in data:
    d.drop(['t'],axis=1,inplace=True)
X=df
""",
    "loc range": "y=df['t']\nX=df.loc[:, 'a':'s']",
    "index difference": "y=df['t']\nX=df[df.columns.difference(['t'])]",
    "mask of columns": "y=df['t']\nX=df.loc[:, ~df.columns.isin(['t'])]",
    "loop del": "y=df['t']\nX=df\nfor c in ['t','id']:\n    del X[c]",
    "loop drop": "y=df['t']\nX=df\nfor c in ['t','id']:\n    X=X.drop(c,axis=1)",
    "loop targets": """
for t in ['a','b','c']:
    y=df[t]
    X=df.drop(t,axis=1)
    Ridge().fit(X,y)
""",
    "loop targets2": """
for t in ['a','b','c']:
    y=df[t]
    X=df[[c for c in ['a','b','c'] if c!=t]]
    Ridge().fit(X,y)
""",
    "merge lr": "lag=df['t'].shift(1)\nX=lag.to_frame().fillna(0)\ny=df['t']",
    "multi": "X=df\nRidge().fit(X,df[['a','b']])",
    "names fn": """
def feats(cols,t):
    return [c for c in cols if c!=t]
df=pd.read_csv('a.csv')
X=df[feats(['a','b','t'],'t')]
y=df['t']
""",
    "names fn2": """
def feats(cols,t):
    cols=list(cols)
    cols.remove(t)
    return cols
df=pd.read_csv('a.csv')
X=df[feats(['a','b','t'],'t')]
y=df['t']
""",
    "names fn3": """
def feats(cols,t):
    cols.remove(t)
df=pd.read_csv('a.csv')
c=['a','b','t']
feats(c,'t')
X=df[c]
y=df['t']
""",
    "next": "df['y']=df['close'].shift(-1)\nX=df.drop('y',axis=1)\ny=df['y']",
    "next2": """
df['y']=(df['close'].shift(-1)>df['close']).astype(int)
X=df.drop('y',axis=1)
y=df['y']
""",
    "next3": """
df['y']=np.where(df['close'].shift(-1)>df['close'],1,0)
X=df.drop('y',axis=1)
y=df['y']
""",
    "array": "d=np.loadtxt('a.csv')\nX,y=d[:,:-1],d[:,-1]",
    "array, first": "d=np.loadtxt('a.csv')\nX,y=d[:,1:],d[:,0]",
    "numpy set difference": "cols=['a','b','t']\nf=np.setdiff1d(cols,['t'])\nX=df[f]\ny=df['t']",
    "pipe sel": """
class Sel:
    def fit(self,X,y=None): return self
    def transform(self,X): return X[['a']]
df=pd.read_csv('a.csv')
X=df
y=df['t']
make_pipeline(Sel(),Ridge()).fit(X,y)
""",
    "pipe unk": """
from mylib import ColumnSelector
df=pd.read_csv('a.csv')
X=df
y=df['t']
Pipeline([('s',ColumnSelector(['a'])),('m',Ridge())]).fit(X,y)
""",
    "placeholder": "y=df['t']\ndf['t']=0\nX=df",
    "poplist": "cols=['a','b','t']\ncols.pop()\nX=df[cols]\ny=df['t']",
    "poplist2": "cols=['a','b','t']\nt=cols.pop(2)\nX=df[cols]\ny=df[t]",
    "list of positions": "d=np.loadtxt('a.csv')\ny=d[:,3]\nX=d[:,[0,1,2]]",
    "regimpute": "k=df[df['age'].notnull()].values\ny=k[:,0]\nX=k[:,1:]",
    "reindex": "y=df['t']\nX=df.reindex(columns=['a','b'])",
    "select": "y=df['t']\nX=df.select_dtypes(include='number')",
    "windows": """
d=pd.read_csv('a').values
X,y=[],[]
for i in range(60,len(d)):
    X.append(d[i-60:i,0])
    y.append(d[i,0])
X,y=np.array(X),np.array(y)
""",
    "windows by function": """
def make(d,n):
    X,y=[],[]
    for i in range(len(d)-n):
        X.append(d[i:i+n])
        y.append(d[i+n,0])
    return np.array(X),np.array(y)
d=StandardScaler().fit_transform(pd.read_csv('a'))
X,y=make(d,3)
""",
    "setdiff": "cols=['a','b','t']\nf=list(set(cols)-{'t'})\nX=df[f]\ny=df['t']",
    "setindex": "df=df.set_index('t')\nX=df\ny=df.index",
    "shift np": "d=pd.read_csv('a')\nX=d.values[:-1]\ny=d['c'].values[1:]",
    "slicecols": "cols=['a','b','t']\nX=df[cols[:-1]]\ny=df[cols[-1]]",
    "slicecols2": """
cols=['a','b','t']
df=pd.read_csv('a.csv',names=cols)
X=df[cols[:2]]
y=df[cols[2]]
""",
    "test alias": """
train=df
y=train['t']
for d in [train]:
    d.drop(['t'],axis=1,inplace=True)
X=train
""",
    "text": "X=df['text']\ny=df['t']",
    "words": """
from sklearn.feature_extraction.text import TfidfVectorizer
X=TfidfVectorizer().fit_transform(df['text'])
y=df['t']
""",
    "try": "y=df['t']\ntry:\n    df=df.drop('t',axis=1)\nexcept KeyError:\n    pass\nX=df",
    "xy tuple": "from sklearn.datasets import load_iris\nX,y=load_iris(return_X_y=True)",
}


def found(text: str, folder: Path) -> list[str]:
    end = "" if "fit(" in text or "cross_val" in text else END
    (folder / "train.py").write_text(f"{HEAD}{text}\n{end}")
    return [each.code for each in check([folder], use_cache=False).findings]


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_a_target_among_the_features_is_found(text, tmp_path):
    assert found(text, tmp_path).count("MLD015") == 1


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_a_target_that_is_not_is_not(text, tmp_path):
    assert "MLD015" not in found(text, tmp_path)
